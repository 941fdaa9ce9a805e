"""Files of all kinds, and files that are wrong: one sentence, never another library's error."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaram import data as jd
from jaram.data.table import Table
from jaram.errors import DataError
from jaram.messages import LANGUAGES, set_language

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "tables"  # beside the checkout
ROWS = [("서울", "12.5", "예"), ("부산", "8", "아니오"), ("대구", "-3.25", "예")] * 6


def written(tmp_path: Path, content: bytes, name: str = "table.csv") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp949", "cp949"),
        ("euc-kr", "cp949"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("header", [True, False])
def test_encodings_delimiters_line_ends(
    tmp_path: Path, encoding: str, found: str, delimiter: str, line_end: str, header: bool
) -> None:
    rows = ([("도시", "기온", "비")] if header else []) + ROWS
    text = line_end.join(delimiter.join(row) for row in rows) + line_end
    data = jd.load(written(tmp_path, text.encode(encoding)), "last")
    assert data.source.encoding == found
    assert (data.source.delimiter, data.source.has_header) == (delimiter, header)
    assert data.task.classes == ("아니오", "예")
    names = ("도시", "기온", "비") if header else ("column_1", "column_2", "column_3")
    assert tuple(column.name for column in data.columns) == names
    assert [column.kind for column in data.columns] == ["category", "number", "category"]
    assert data.n == len(ROWS)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "2,25", "-3,0"], [1.5, 2.25, -3.0]),
        (["1.234,5", "2,25", "10"], [1234.5, 2.25, 10.0]),
    ],
)
def test_decimal_comma(tmp_path: Path, cells: list[str], values: list[float]) -> None:
    lines = ["값;y", *(f"{cell};{i % 2}" for i, cell in enumerate(cells * 10))]
    data = jd.load(written(tmp_path, "\n".join(lines).encode()), "y")
    assert data.source.decimal == ","
    prepared = jd.prepare(data, jd.PrepareOptions(scale="none", validation=0.0))
    assert prepared.train.x[:3, 0].tolist() == values


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (['"1,234"', '"5"', '"-12,345,678.5"'], [1234, 5, -12345678.5]),
        (["3.5%", "10%", "0%"], [0.035, 0.1, 0.0]),
        (['"₩1,000"', "₩20", "₩3"], [1000, 20, 3]),
        (["1000원", "20원", "3 원"], [1000, 20, 3]),
        (["$5.50", "-", "($2)"], [5.5, 1.75, -2]),
    ],
)
def test_numbers_written_as_text(tmp_path: Path, cells: list[str], values: list[float]) -> None:
    lines = ["amount,y", *(f"{cell},{i % 2}" for i, cell in enumerate(cells * 10))]
    data = jd.load(written(tmp_path, "\n".join(lines).encode()), "y")
    assert data.columns[0].kind == "number"
    prepared = jd.prepare(data, jd.PrepareOptions(scale="none", validation=0.0))
    np.testing.assert_allclose(prepared.train.x[:3, 0], values, rtol=1e-6)


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared tables")
@pytest.mark.parametrize(
    ("name", "kind", "rows", "columns"),
    [
        ("german", "binary", 1000, 21),
        ("pima-indians-diabetes", "binary", 768, 9),
        ("abalone", "regression", 4177, 9),
    ],
)
@pytest.mark.parametrize("target", ["last", -1])
def test_files_without_a_header(
    name: str, kind: str, rows: int, columns: int, target: str | int
) -> None:
    data = jd.load(SHARED / f"{name}.csv", target)
    assert (data.task.kind, data.n, len(data.columns)) == (kind, rows, columns)
    assert data.task.target_names == (f"column_{columns}",)
    assert data.source.has_header is False
    by_number = jd.load(SHARED / f"{name}.csv", str(columns))
    assert by_number.task == data.task


def test_header_can_be_told(tmp_path: Path) -> None:
    path = written(tmp_path, b"1,2\n3,4\n5,7\n")
    assert jd.load(path, "last").n == 3
    assert jd.load(path, "2", header=True).task.target_names == ("2",)
    named = written(tmp_path, b"a,b\nx,1\ny,2\nz,3.5\n")
    assert jd.load(named, "last", header=False, task="multiclass").n == 4


def test_text_only_headers(tmp_path: Path) -> None:
    with_names = b"color,size\n" + b"red,big\nblue,small\n" * 9
    assert jd.load(written(tmp_path, with_names), "size").source.has_header
    without = b"red,big\nblue,small\n" * 9
    assert jd.load(written(tmp_path, without), "last").source.has_header is False


def test_quotes_blank_lines_and_line_ends_in_cells(tmp_path: Path) -> None:
    content = b'a,b,y\n\n"x, with ""quotes""",1.5,0\n"two\nlines",2.5,1\n\n' + b"z,3.5,1\n" * 12
    table = jd.load_frame(written(tmp_path, content))
    assert table.rows == 14
    assert table.column("a").to_list()[:2] == ['x, with "quotes"', "two\nlines"]


def test_quotation_marks_that_do_not_quote(tmp_path: Path) -> None:
    content = 'review\tpositive\n"좋다\t1\n별로 "진짜"\t0\n'.encode() + b"ok\t1\n" * 9
    table = jd.load_frame(written(tmp_path, content, "reviews.tsv"))
    assert table.column("review").to_list()[0] == '"좋다'
    balanced = '후기\t긍정\n"정말" 좋다\t1\n"가" 나" "\t0\n'.encode() + b"ok\t1\n" * 9
    table = jd.load_frame(written(tmp_path, balanced, "reviews.tsv"))
    assert table.column("후기").to_list()[:2] == ['"정말" 좋다', '"가" 나" "']


WRONG = {
    "empty": (b"", "empty"),
    "blank": (b"  \n\n ", "empty"),
    "header only": (b"a,b,y\n", "no rows"),
    "one row": (b"a,y\n1,2\n", "too few rows"),
    "one class": (b"a,y\n1,x\n2,x\n3,x\n", "single value"),
    "short row": (b"a,b,y\n1,2,3\n4,5\n6,7,8\n", "line 3: the row has 2 cells"),
    "long row": (b"a,b,y\n1,2,3\n\n4,5,6,7\n", "line 4: the row has 4 cells"),
    "open quote": (b'a,b,y\n1,2,3\n4,"5,x,6\n7,8,9\n', "line 3"),
    "binary": (bytes(range(256)) * 20, "not a text file"),
    "zeros": (b"\0" * 500, "not a text file"),
    "twice": (b"a,a,y\n1,2,3\n4,5,6\n", "same name: a"),
    "no answers": (b"a,y\n1,\n2,NA\n3,\n", "missing in every row"),
    "infinite": (b"a,y\n1,0\ninf,1\n3,0\n4,1\n", "row 2: the number is infinite"),
    "infinite target": (b"a,y\n1,0.5\n2,inf\n3,4.5\n", "infinite in row 2"),
    "free text target": (b"a,y\n" + b"".join(b"%d,w%d\n" % (i, i) for i in range(60)), "different"),
    "zip": (b"PK\x03\x04" + b"1234" * 50, "not a spreadsheet"),
    "parquet": (b"PAR1" + b"1234" * 50, "can not be read as a table"),
    "arrow": (b"ARROW1" + b"1234" * 50, "can not be read as a table"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_told_in_one_sentence(tmp_path: Path, name: str) -> None:
    content, part = WRONG[name]
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=part) as caught:
        jd.prepare(jd.load(path, "y"))
    for lang in LANGUAGES:
        set_language(lang)
        try:
            assert "\n" not in str(caught.value)
        finally:
            set_language(None)


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    written(tmp_path, b"a,y\n1,2\n", "passengers.csv")
    with pytest.raises(DataError, match=r"Did you mean '.*passengers\.csv'"):
        jd.load(tmp_path / "pasengers.csv", "y")
    with pytest.raises(DataError, match="'penguins'"):
        jd.load("penguin")


def test_folder_and_permission(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="folder"):
        jd.load(tmp_path, "y")
    path = Path(written(tmp_path, b"a,y\n1,2\n"))
    path.chmod(0)
    if not os.access(path, os.R_OK):
        with pytest.raises(DataError, match="can not be read"):
            jd.load(path, "y")
    path.chmod(0o600)


def test_wrong_columns(tmp_path: Path) -> None:
    path = written(tmp_path, b"age,fare,survived\n1,2,0\n3,4,1\n5,6,0\n")
    with pytest.raises(DataError, match="Did you mean 'survived'"):
        jd.load(path, "survive")
    with pytest.raises(DataError, match="age, fare, survived"):
        jd.load(path)
    with pytest.raises(DataError, match="numbered from 1"):
        jd.load(path, 0)
    with pytest.raises(DataError, match="Did you mean 'fare'"):
        jd.load(path, "survived", kinds={"fair": "number"})
    with pytest.raises(DataError, match="'age'"):
        jd.load(path, "survived", group="agee")


def test_ten_thousand_columns_and_a_very_long_cell(tmp_path: Path) -> None:
    names = ",".join(f"c{j}" for j in range(10_000))
    row = ",".join(["1.5"] * 9_999)
    content = f"{names}\n" + "".join(f"{row},{i % 2}\n" for i in range(6))
    with pytest.raises(DataError, match=r"…"):  # all columns constant: the message stays short
        jd.prepare(jd.load(written(tmp_path, content.encode()), "last"))
    long = b"a,b,y\n" + b"x" * 5_000_000 + b",1.5,0\n" + b"z,2.5,1\n" * 20
    assert jd.prepare(jd.load(written(tmp_path, long), "y")).train.x.shape[0] == 17


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(min_size=1, max_size=300),
        st.text(alphabet='0123456789.,;\t\n\r" abc가나다%-:/|', min_size=1, max_size=200).map(
            str.encode
        ),
    )
)
def test_any_bytes_load_or_raise_data_error(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    try:
        table = jd.load_frame(path)
        assert isinstance(table, Table)
        jd.prepare(jd.load(path, "last"))
    except DataError as error:
        assert str(error)


def test_parquet_arrow_excel_npz_give_the_same(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "나이": [20.5, 31.0, None, 44.0] * 5,
            "성별": ["여", "남", "여", None] * 5,
            "합격": ["예", "아니오", "예", "예"] * 5,
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_ipc(tmp_path / "t.arrow")
    frame.write_csv(tmp_path / "t.csv")
    frame.to_pandas().to_excel(tmp_path / "t.xlsx", index=False)
    expected = jd.prepare(jd.load(frame, "합격"))
    for name in ("t.parquet", "t.arrow", "t.csv", "t.xlsx"):
        prepared = jd.prepare(jd.load(tmp_path / name, "합격"))
        assert prepared.feature_names == expected.feature_names
        np.testing.assert_array_equal(prepared.train.x, expected.train.x)
    with pytest.raises(DataError, match="Sheet1"):
        jd.load(tmp_path / "t.xlsx", "합격", sheet="없음")
    np.savez(tmp_path / "t.npz", x=np.arange(12.0).reshape(6, 2), y=np.arange(6) % 2)
    assert jd.load(tmp_path / "t.npz").task.kind == "binary"
    np.savez(tmp_path / "u.npz", a=np.arange(3))
    with pytest.raises(DataError, match="x and y"):
        jd.load(tmp_path / "u.npz")
