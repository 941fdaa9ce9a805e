"""The page: what it carries, that it carries all of it, and that nobody's data runs as code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import made_up_runs
import pytest

from jaram.errors import RunError
from jaram.report import html, search_html, write_report
from jaram.report.frame import embedded, texts_of

HOSTILE = "</script><script>document.title='hacked'</script><!--\u2028<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The elements of a page and the text of its scripts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            self.scripts[-1] += data

    @property
    def evidence(self) -> dict[str, Any]:
        def refuse(constant: str) -> None:
            raise ValueError(f"{constant} is not JSON")

        found: dict[str, Any] = json.loads(self.scripts[0], parse_constant=refuse)
        return found


def test_it_lands_in_the_run_folder_unless_told_otherwise(run_folder: Path, tmp_path: Path) -> None:
    assert write_report(run_folder) == run_folder / "report.html"
    elsewhere = tmp_path / "elsewhere.html"
    assert write_report(run_folder, elsewhere) == elsewhere
    assert elsewhere.read_bytes().startswith(b"<!doctype html>")


def test_it_carries_what_the_run_holds(run_folder: Path) -> None:
    evidence = Page(write_report(run_folder)).evidence
    run = made_up_runs.read_json(run_folder / "run.json")
    assert evidence["epochs"] == 30
    assert len(evidence["history"]["valid/loss"]) == 30
    assert evidence["run"]["metrics"] == pytest.approx(run["metrics"], rel=1e-5)
    assert [finding["severity"] for finding in evidence["findings"]] == [
        "grave",
        "notable",
        "minor",
    ]
    assert evidence["vitals"]["numbers"] == [1, 3, 4]
    assert "saturated" not in evidence["vitals"]["signs"]
    assert evidence["vitals"]["signs"]["dead"][2] == [None] * 30
    assert evidence["recipe"] == made_up_runs.RECIPE
    assert evidence["summary"]["column_count"] == 4
    assert len(evidence["importance"]) == 5
    assert ("residuals" in evidence["results"]) == (evidence["task"]["kind"] == "regression")


def test_it_speaks_both_languages_and_opens_in_the_chosen_one(multiclass_folder: Path) -> None:
    for lang in ("en", "ko"):
        page = Page(write_report(multiclass_folder, lang=lang))
        assert ("html", {"lang": lang}) in page.elements
        assert page.evidence["lang"] == lang
        assert page.evidence["texts"]["en"].keys() == page.evidence["texts"]["ko"].keys()
        assert page.evidence["texts"]["ko"]["loss"] == "손실"


def test_it_loads_nothing(run_folder: Path) -> None:
    path = write_report(run_folder)
    loading = {"src", "href", "srcset", "poster", "action", "background"}
    for tag, attributes in Page(path).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not loading & attributes.keys()
    page = path.read_text(encoding="utf-8")
    assert "@import" not in page
    assert "url(" not in page
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg|github\.com/leeoniya/uPlot)", page)


def test_the_policy_lets_only_the_pages_own_script_and_style_run(
    multiclass_folder: Path,
) -> None:
    policies = [
        attributes["content"] or ""
        for tag, attributes in Page(write_report(multiclass_folder)).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "unsafe" not in policies[0]
    assert policies[0].count("'sha256-") == 2


def _make_hostile(folder: Path) -> None:
    data = made_up_runs.read_json(folder / "data.json")
    data["summary"]["columns"][0]["name"] = HOSTILE
    data["summary"]["columns"][2]["top"] = [[HOSTILE, 3]]
    data["summary"]["source"]["path"] = HOSTILE
    data["task"]["classes"][0] = HOSTILE
    data["task"]["target_names"] = [HOSTILE]
    made_up_runs.write_json(folder / "data.json", data)
    evaluation = made_up_runs.read_json(folder / "evaluation.json")
    evaluation["valid"]["confusion"]["classes"][0] = HOSTILE
    evaluation["importance"][0]["column"] = HOSTILE
    made_up_runs.write_json(folder / "evaluation.json", evaluation)
    run = made_up_runs.read_json(folder / "run.json")
    run["name"] = HOSTILE
    run["layers"][0]["layer"] = HOSTILE
    run["findings"][0]["evidence"] = {HOSTILE: HOSTILE}
    made_up_runs.write_json(folder / "run.json", run)
    (folder / "recipe.toml").write_text(HOSTILE, encoding="utf-8")


def test_hostile_names_stay_text(multiclass_folder: Path) -> None:
    _make_hostile(multiclass_folder)
    page = Page(write_report(multiclass_folder))
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert not any(tag == "img" for tag, _ in page.elements)
    assert page.evidence["name"] == HOSTILE
    assert "<" not in page.scripts[0]
    assert "\u2028" not in page.scripts[0]


@pytest.mark.parametrize("value", [HOSTILE, {HOSTILE: [HOSTILE]}, "\ud800", "%%data%%", "\x00"])
def test_embedding_escapes_and_comes_back(value: object) -> None:
    content = embedded(value)
    assert "<" not in content
    content.encode()
    if value != "\ud800":  # not a character; it is replaced
        assert json.loads(content) == value


def test_what_is_not_finite_becomes_null() -> None:
    assert json.loads(embedded([float("nan"), float("-inf"), 0.1234567891])) == [
        None,
        None,
        0.123457,
    ]


@pytest.mark.parametrize(
    "missing",
    [
        "run.json",
        "recipe.toml",
        "data.json",
        "evaluation.json",
        "vitals.jsonl",
        "steps.f32",
        "history.jsonl",
    ],
)
def test_a_missing_file_leaves_its_part_out(multiclass_folder: Path, missing: str) -> None:
    (multiclass_folder / missing).unlink()
    assert Page(write_report(multiclass_folder)).evidence["name"]


def test_a_killed_run_is_drawn_as_far_as_it_went(tmp_path: Path) -> None:
    history = '{"epoch": 1, "train/loss": 0.9}\n{"epoch": 2, "train/loss": NaN}\n{"epoch": 3, "tr'
    (tmp_path / "history.jsonl").write_text(history)
    (tmp_path / "steps.f32").write_bytes(b"\0\0\x80\x3f\0\0\xc0\x7f\0")  # 1.0, NaN and half a one
    evidence = Page(write_report(tmp_path)).evidence
    assert evidence["history"] == {"epoch": [1, 2], "train/loss": [0.9, None]}
    assert evidence["steps"]["loss"] == [1, None]
    assert evidence["findings"] == []


def test_a_long_training_is_thinned(tmp_path: Path) -> None:
    made_up_runs.make_run(tmp_path, "binary", epochs=6000)
    evidence = Page(write_report(tmp_path)).evidence
    assert evidence["epochs"] == 6000
    assert evidence["history"]["epoch"][0] == 1
    assert evidence["history"]["epoch"][-1] == 6000
    assert len(evidence["history"]["epoch"]) == 2000
    assert len(evidence["vitals"]["epochs"]) == 2000
    assert len(evidence["steps"]["loss"]) <= 2000
    assert evidence["steps"]["each"] == 27


def test_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="neither"):
        write_report(tmp_path)
    with pytest.raises(RunError, match="no such folder"):
        write_report(tmp_path / "nowhere")


def test_a_damaged_or_unwritable_file_is_an_error(multiclass_folder: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        write_report(multiclass_folder, multiclass_folder / "no" / "report.html")
    (multiclass_folder / "data.json").write_text("{")
    with pytest.raises(RunError, match=r"data\.json"):
        write_report(multiclass_folder)


@pytest.mark.parametrize(
    ("scripts", "rooms"), [(html._SCRIPTS, ["report"]), (search_html._SCRIPTS, ["report", "study"])]
)
def test_every_text_that_a_page_asks_for_is_in_the_catalogue(
    scripts: tuple[str, ...], rooms: list[str]
) -> None:
    folder = Path(sys.modules["jaram.report"].__path__[0]) / "page"
    sources = [(folder / f"{name}.js").read_text() for name in scripts]
    asked = {key for source in sources for key in re.findall(r'\bt\("([a-z_0-9]+)"', source)}
    assert asked - texts_of(*rooms)["en"].keys() == set()
    assert len(asked) > 15  # the pattern finds what is asked for


def test_writing_imports_nothing_heavy(multiclass_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from jaram.report import write_report;"
        f"write_report(Path({str(multiclass_folder)!r}));"
        "print([m for m in ('jax', 'matplotlib', 'polars', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
