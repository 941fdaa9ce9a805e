"""Kinds of columns and tasks: what is inferred, and what a person says instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from jaram import data as jd
from jaram.errors import DataError

N = 60
RNG = np.random.default_rng(0)
Y = np.arange(N) % 2


def kind_of(values: Any, name: str = "v", **options: Any) -> str:
    frame = pl.DataFrame({"first": RNG.normal(size=N), name: values, "y": Y})
    return next(c.kind for c in jd.load(frame, "y", **options).columns if c.name == name)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RNG.normal(size=N), "number"),
        (RNG.integers(0, 3, N), "number"),
        (RNG.permutation(1000)[:N], "number"),
        (np.zeros(N), "constant"),
        ([None] * N, "constant"),
        (["같음"] * N, "constant"),
        (["a", "b", "c"] * (N // 3), "category"),
        ([True, False] * (N // 2), "category"),
        ([f"K{i:03}" for i in range(N)], "identifier"),
        ([f"a long review number {i}" for i in range(N)], "text"),
        ([f"w{i // 2}" for i in range(N)], "category"),
        ([f"w{min(i, 50)}" for i in range(N)], "text"),
        ([f"2024-01-{1 + i % 28:02}" for i in range(N)], "date"),
        ([f"{i % 12 + 1}/{i % 28 + 1}/2024" for i in range(N)], "date"),
        ([f"{i},000" for i in range(N)], "number"),
    ],
)
def test_inferred_kinds(values: Any, kind: str) -> None:
    assert kind_of(values) == kind


@pytest.mark.parametrize(
    "name", ["id", "ID", "customer_id", "PassengerId", "번호", "회원번호", "순번"]
)
def test_whole_numbers_called_like_identifiers(name: str) -> None:
    assert kind_of(RNG.permutation(1000)[:N], name) == "identifier"


def test_counting_first_column_is_an_identifier_unless_nothing_else_is_left() -> None:
    frame = pl.DataFrame({"n": range(1, N + 1), "v": RNG.normal(size=N), "y": RNG.normal(size=N)})
    data = jd.load(frame, "y")
    assert [column.kind for column in data.columns][:2] == ["identifier", "number"]
    assert any("n" in notice.message() for notice in data.notices)
    assert jd.load(frame.drop("v"), "y").columns[0].kind == "number"


def test_what_is_said_wins() -> None:
    assert kind_of(RNG.integers(0, 3, N), kinds={"v": "category"}) == "category"
    assert kind_of([f"K{i}" for i in range(N)], kinds={"v": "category"}) == "category"
    assert kind_of(RNG.normal(size=N), kinds={"v": "identifier"}) == "identifier"
    with pytest.raises(DataError, match="can not be read as numbers"):
        kind_of(["a", "b"] * (N // 2), kinds={"v": "number"})
    with pytest.raises(DataError, match="kind of column"):
        kind_of(Y, kinds={"v": "numbr"})


@pytest.mark.parametrize(
    ("y", "kind", "classes"),
    [
        (["예", "아니오"] * 30, "binary", ("아니오", "예")),
        ([True, False] * 30, "binary", ("False", "True")),
        ([0, 1] * 30, "binary", ("0", "1")),
        ([0.0, 1.0] * 30, "binary", ("0", "1")),
        ([1, 2, 3] * 20, "multiclass", ("1", "2", "3")),
        ([10, 20, 30] * 20, "multiclass", ("10", "20", "30")),
        (list("abc") * 20, "multiclass", ("a", "b", "c")),
        ([100, 250, 310, 420, 550, 680] * 10, "regression", ()),
        (list(range(60)), "regression", ()),
        (list(range(15)) * 4, "multiclass", tuple(map(str, range(15)))),
        (list(range(1, 30)) * 3, "regression", ()),
        ([0.5, 1.5] * 30, "regression", ()),
        (["1,000", "2,500"] * 30, "binary", ("1000", "2500")),
    ],
)
def test_inferred_tasks(y: list[Any], kind: str, classes: tuple[str, ...]) -> None:
    frame = pl.DataFrame({"x": np.random.default_rng(1).normal(size=len(y)), "y": y})
    task = jd.load(frame, "y").task
    assert (task.kind, task.classes) == (kind, classes)
    assert task.outputs == (len(classes) if kind == "multiclass" else 1)


def test_task_can_be_said() -> None:
    x = np.arange(60.0)
    assert jd.Data(x, [0, 1] * 30, task="regression").task.kind == "regression"
    assert jd.Data(x, [0, 1] * 30, task="multiclass").task.outputs == 2
    assert jd.Data(x, list(range(60)), task="classification").task.outputs == 60
    with pytest.raises(DataError, match="Did you mean 'regression'"):
        jd.Data(x, Y, task="regresion")
    with pytest.raises(DataError, match="two"):
        jd.Data(x, [0, 1, 2] * 20, task="binary")
    with pytest.raises(DataError, match="must be numbers"):
        jd.Data(x, ["a", "b"] * 30, task="regression")


def test_multi_label_and_several_numbers() -> None:
    frame = pl.DataFrame({"x": RNG.normal(size=N), "비": Y, "눈": 1 - Y, "a": RNG.normal(size=N)})
    labels = jd.load(frame, ["비", "눈"])
    assert (labels.task.kind, labels.task.classes, labels.task.outputs) == (
        "multilabel",
        ("비", "눈"),
        2,
    )
    prepared = jd.prepare(labels)
    assert prepared.train.y.shape == (48, 2) and prepared.train.y.dtype == np.float32
    assert jd.load(frame, ["비", "a"]).task.kind == "regression"
    assert jd.Data(np.zeros((4, 2)), np.array([[0, 1], [1, 1], [0, 0], [1, 0]])).task.outputs == 2
    one_hot = jd.Data(np.arange(30.0), np.eye(3)[np.arange(30) % 3], task="multiclass")
    assert one_hot.task.outputs == 3
    assert jd.prepare(one_hot).train.y.dtype == np.int32


def test_class_names() -> None:
    data = jd.Data(
        np.arange(30.0), np.arange(30) % 2, task="multiclass", class_names=["a", "b", "c"]
    )
    assert data.task.outputs == 3
    with pytest.raises(DataError, match="class names"):
        jd.Data(np.arange(30.0), ["u", "v", "w"] * 10, class_names=["a", "b"])


def test_target_is_taken_by_its_name_only() -> None:
    frame = pl.DataFrame({"정답": Y, "x": RNG.normal(size=N)})
    data = jd.load(frame)
    assert data.task.target_names == ("정답",)
    assert data.notices[0].key == "data.target_assumed"
    with pytest.raises(DataError, match="a, b"):
        jd.load(pl.DataFrame({"a": Y, "b": Y}))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((3, 2)), [0, 1]),
        (np.zeros((0, 2)), []),
        (np.array([["a"], ["b"]]), [0, 1]),
        (np.zeros((4, 2)), [[[0]]] * 4),
        (np.zeros((4, 2)), [np.nan] * 4),
        (np.zeros((4, 2)), [1, 1, 1, 1]),
        (3.0, [1]),
        (np.zeros((4, 2)), "abcd"),
        (None, [1, 2]),
        ([[1, 2], [3]], [1, 2]),
    ],
)
def test_arrays_that_do_not_fit(x: Any, y: Any) -> None:
    with pytest.raises(DataError):
        jd.Data(x, y)


def test_dates_written_as_whole_numbers_can_be_said() -> None:
    days = [20240100 + 1 + i % 28 for i in range(N)]
    assert kind_of(days, kinds={"v": "date"}) == "date"
    with pytest.raises(DataError, match="dates"):
        kind_of(Y, kinds={"v": "date"})


def test_groups_times_and_weights_are_no_features() -> None:
    frame = pl.DataFrame(
        {
            "x": RNG.normal(size=N),
            "who": [f"p{i // 6}" for i in range(N)],
            "when": [f"2024-{1 + i % 12:02}-01" for i in range(N)],
            "w": np.arange(N) + 1.0,
            "y": Y,
        }
    )
    data = jd.load(frame, "y", group="who", time="when", weight="w")
    assert [c.name for c in data.columns if c.role == "feature"] == ["x"]
    prepared = jd.prepare(data)
    assert prepared.valid is not None and prepared.train.weight is not None
    assert not set(data.group[prepared.train.rows]) & set(data.group[prepared.valid.rows])  # type: ignore[index]
    np.testing.assert_array_equal(prepared.train.weight, prepared.train.rows + 1)
    by_time = jd.prepare(data, jd.PrepareOptions(split="time"))
    assert by_time.valid is not None and data.time is not None
    assert data.time[by_time.train.rows].max() <= data.time[by_time.valid.rows].min()
    some = data.take(np.arange(10, 30))
    assert some.n == 20 and jd.prepare(some, jd.PrepareOptions(split="random")).train.x.shape == (
        16,
        1,
    )
    with pytest.raises(DataError, match="twice"):
        jd.load(frame, "y", group="y")
    with pytest.raises(DataError, match="group="):
        jd.prepare(jd.load(frame, "y"), jd.PrepareOptions(split="group"))
