"""The page drawn by a browser, where there is one: all is drawn, no hostile name is obeyed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import made_up_runs
import pytest
from test_html import HOSTILE, _make_hostile

import made_up_treatments
from jaram.doctor.record import record_of
from jaram.report import write_report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")


def drawn(page: Path, profile: Path, width: int = 1000) -> str:
    """The document after its scripts have run."""
    assert BROWSER is not None
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
        "--disable-background-networking --disable-component-update --virtual-time-budget=2000 "
        f"--user-data-dir={profile} --window-size={width},900 --dump-dom"
    )
    done = subprocess.run(
        [BROWSER, *options.split(), page.as_uri()],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return done.stdout


def sections(document: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"', document)


def test_a_finished_run_shows_every_section(run_folder: Path, tmp_path: Path) -> None:
    document = drawn(write_report(run_folder, lang="en"), tmp_path / "profile")
    kind = made_up_runs.read_json(run_folder / "data.json")["task"]["kind"]
    answers = ["residuals"] if kind == "regression" else ["confusion", "calibration"]
    rest = ["importance", "vitals", "network", "data", "asked"]
    assert sections(document) == ["curves", "findings", *answers, *rest]
    assert document.count("<canvas") >= 10
    assert 'class="link"' in document


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("pictures", ["augmented", "pictures_seen", "filters"]),
        ("text", ["words_that_mattered"]),
        ("series", ["series_seen"]),
        ("forecast", ["forecast"]),
    ],
)
def test_single_examples_are_shown(
    kind: str, shown: list[str], multiclass_folder: Path, tmp_path: Path
) -> None:
    made_up_runs.make_examples(multiclass_folder, kind)
    document = drawn(write_report(multiclass_folder, lang="en"), tmp_path / "profile")
    found = sections(document)
    assert [name for name in found if name in shown] == shown
    assert found[-1] == "asked"  # nothing after them was lost
    if kind == "pictures":
        assert document.count('class="pixels"') == 4 + 2 + 1 + 2 + 3
        assert "truly 고양이" in document
    if kind == "text":
        assert 'title="1.5"' in document
    if kind == "forecast":
        assert "held 85 % in the later half" in document


def test_a_recurrent_run_shows_its_gradient_through_time(
    multiclass_folder: Path, tmp_path: Path
) -> None:
    layer = {"layer": 0, "name": "rnn 8", "first": [None, 1e-30, 1e-3, 1], "best": [0, 0.1, 0.2, 1]}
    made_up_runs.write_json(multiclass_folder / "through_time.json", {"layers": [layer, layer]})
    plain = drawn(write_report(multiclass_folder, lang="en"), tmp_path / "profile")
    found = sections(plain)
    assert found[found.index("vitals") + 1] == "through_time" and found[-1] == "asked"


def test_a_run_with_only_a_history_shows_only_its_curves(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "history.jsonl").write_text('{"epoch": 1, "train/loss": 0.5}\n')
    document = drawn(write_report(folder), tmp_path / "profile")
    assert sections(document) == ["curves"]


def diagnosed_and_treated(folder: Path) -> Path:
    """The page of a run with a diagnosis and a treatment, whose strings are hostile."""
    sick = made_up_treatments.SICK.to_json()
    sick["symptoms"].append({"name": HOSTILE, "severity": "grave", "evidence": {HOSTILE: HOSTILE}})
    sick["findings"][0]["symptoms"].append(HOSTILE)
    sick["findings"][0]["picture"]["lines"][HOSTILE] = [1, 2, 3, 4]
    sick["unknown"].append(HOSTILE)
    told = made_up_runs.read_json(folder / "run.json") | {"diagnosis": sick}
    made_up_runs.write_json(folder / "run.json", told)
    record = record_of(made_up_treatments.treatment())
    record["verdicts"][0]["doses"] = [HOSTILE]
    record["changes"] = {"en": [HOSTILE], "ko": [HOSTILE]}
    record["runs"] = {"before": ".", "after": "javascript:alert(1)"}
    made_up_runs.write_json(folder / "treatment.json", record)
    return write_report(folder, lang="en")


def test_a_diagnosis_and_a_treatment_are_drawn(multiclass_folder: Path, tmp_path: Path) -> None:
    plain = drawn(write_report(multiclass_folder, lang="en"), tmp_path / "profile")
    document = drawn(diagnosed_and_treated(multiclass_folder), tmp_path / "profile")
    assert sections(document)[:3] == ["curves", "findings", "treatment"]
    assert document.count("<canvas") == plain.count("<canvas") + 2
    for part in ("Seen with it", "Could not be judged", "What was tried", "as it was", "+64.0"):
        assert part in document
    assert "<img" not in document
    (link,) = re.findall(r'<a href="([^"]*)"', document)
    assert not link.startswith("javascript:")


def test_a_healthy_diagnosis_says_so(multiclass_folder: Path, tmp_path: Path) -> None:
    healthy = {"findings": [], "symptoms": [], "unknown": []}
    told = made_up_runs.read_json(multiclass_folder / "run.json") | {"diagnosis": healthy}
    made_up_runs.write_json(multiclass_folder / "run.json", told)
    document = drawn(write_report(multiclass_folder, lang="en"), tmp_path / "profile")
    assert "found nothing wrong" in document
    assert 'class="card' not in document


def test_hostile_names_are_shown_and_not_obeyed(multiclass_folder: Path, tmp_path: Path) -> None:
    _make_hostile(multiclass_folder)
    document = drawn(write_report(multiclass_folder), tmp_path / "profile")
    title = re.search(r"<title>(.*?)</title>", document)
    assert title is not None
    assert title[1] != "hacked"
    assert "<img" not in document
    assert HOSTILE.split("\u2028")[0].replace("<", "&lt;").replace(">", "&gt;") in document


def test_a_phone_needs_no_sideways_scrolling(multiclass_folder: Path, tmp_path: Path) -> None:
    page = write_report(multiclass_folder)
    document = page.read_text(encoding="utf-8")
    # The page's policy forbids a probe's script, so the probing copy goes without the policy.
    probe = (
        "<iframe id='f' style='width:390px;height:800px'></iframe><script>"
        "const f = document.getElementById('f'); f.onload = () => { document.title = 'wide ' +"
        "f.contentDocument.documentElement.scrollWidth; }; f.srcdoc = PAGE</script>"
    )
    content = re.sub(r"<meta http-equiv.*?>", "", document)

    quoted = json.dumps(content).replace("<", "\\u003c")
    frame = tmp_path / "frame.html"
    frame.write_text(f"<meta charset=utf-8>{probe.replace('PAGE', quoted)}", encoding="utf-8")
    title = re.search(r"<title>wide (\d+)</title>", drawn(frame, tmp_path / "profile"))
    assert title is not None
    assert int(title[1]) <= 390
