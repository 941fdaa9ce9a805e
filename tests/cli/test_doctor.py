"""``jaram doctor``: findings, trials of remedies and pages, as a person at a terminal asks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jaram
import made_up_treatments
from jaram.cli.main import run
from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.finding import Finding
from jaram.doctor.record import FILE, TREATED_RECIPE
from jaram.doctor.verdict import Treatment
from jaram.runs import store

PENGUINS = Path(jaram.__file__).parent / "data" / "sets" / "penguins.csv"
TRAIN = [
    "train",
    str(PENGUINS),
    "--target",
    "species",
    "--network",
    "dense 8 relu",
    "--epochs",
    "3",
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stored with a made-up diagnosis."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    with pytest.MonkeyPatch.context() as patch:
        sick = made_up_treatments.SICK
        patch.setattr(store, "diagnose_at_once", lambda run, answers_of: sick)
        assert run([*TRAIN, "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of it, to be written to."""
    return Path(shutil.copytree(trained, tmp_path / "sick"))


@pytest.fixture(autouse=True)
def _in_tmp_and_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")


@pytest.fixture
def diagnosed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Diagnosis], None]:
    """Puts a diagnosis in the place of what the rules say."""

    def say(found: Diagnosis) -> None:
        monkeypatch.setattr("jaram.doctor.diagnosis.diagnose_evidence", lambda evidence: found)

    return say


@pytest.fixture
def treated(trained: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Puts a made-up treatment in the place of the trial; holds what it was asked."""
    asked: list[dict[str, Any]] = []

    def treat(opened: Any, data: Any, **said: Any) -> Treatment:
        asked.append({"rows": data.n, **said})
        said["progress"]("doctor.stage_confirm", {})
        shutil.copytree(trained, said["out"])
        return made_up_treatments.treatment()

    monkeypatch.setattr("jaram.doctor.treatment.treat", treat)
    return asked


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a wrong command line is answered with."""
    assert run(["doctor", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def test_findings_are_told_as_stories(
    trained: Path, diagnosed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    diagnosed(made_up_treatments.SICK)
    assert run(["doctor", str(trained)]) == 0
    told = capsys.readouterr().out
    for part in (
        "[grave] ",
        "Seen with it: dead units, plateau.",
        "train loss  ▁▆▃█  1 → 4, epochs 1–4, look at 2",
        "On 69 rows the network's accuracy is",
        "unknown: leakage, wrong labels",
        f"jaram doctor {trained} --treat",
        "jaram doctor --explain learning_rate_too_high",
    ):
        assert part in told
    assert "Seen with these:" not in told


def test_all_shows_the_symptoms_too(
    trained: Path, diagnosed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    diagnosed(made_up_treatments.SICK)
    assert run(["doctor", str(trained), "--all", "--lang", "ko"]) == 0
    told = capsys.readouterr().out
    assert told.count("[심각]") == 2
    assert "함께 나타난 것:" in told


def test_at_most_five_are_shown(
    trained: Path, diagnosed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    many = Diagnosis(made_up_treatments.SICK.findings * 8)
    diagnosed(many)
    assert run(["doctor", str(trained)]) == 0
    told = capsys.readouterr().out
    assert told.count("[grave]") == 5
    assert "... and 3 more" in told
    assert run(["doctor", str(trained), "--all"]) == 0
    assert capsys.readouterr().out.count("[grave]") == 8


def test_a_healthy_run_is_told_so(
    trained: Path, diagnosed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    diagnosed(Diagnosis(()))
    assert run(["doctor", str(trained)]) == 0
    told = capsys.readouterr().out
    assert "was found" in told
    assert "always the same answer" in told
    assert "--treat" not in told


def test_only_what_has_a_page_is_to_be_explained(
    trained: Path, diagnosed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    diagnosed(Diagnosis((Finding("unshuffled", "notable"), Finding("plateau", "notable"))))
    assert run(["doctor", str(trained)]) == 0
    assert "--explain plateau" in capsys.readouterr().out
    diagnosed(Diagnosis((Finding("unshuffled", "notable"),)))
    assert run(["doctor", str(trained)]) == 0
    assert "--explain" not in capsys.readouterr().out


def test_json_is_one_object(
    trained: Path, diagnosed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    diagnosed(made_up_treatments.SICK)
    assert run(["doctor", str(trained), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["run"] == str(trained)
    assert [finding["name"] for finding in told["findings"]] == ["learning_rate_too_high"]
    assert told["findings"][0]["symptoms"] == ["dead_units", "plateau"]
    assert [finding["name"] for finding in told["symptoms"]] == ["dead_units", "plateau"]
    assert told["unknown"] == ["leakage", "label_noise"]
    assert told["healthy"] in (True, False)
    assert 0 < told["chance"] < told["simple"] <= 1
    assert "treatment" not in told


def test_the_real_rules_judge_a_real_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(trained), "--json", "--data", str(PENGUINS)]) == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"findings", "symptoms", "unknown"}


def test_an_unfinished_run_is_judged_but_not_treated(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    unfinished = {name: card[name] for name in card if name not in ("result", "metrics")}
    (folder / "run.json").write_text(json.dumps(unfinished | {"status": "running"}))
    assert run(["doctor", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["score"] is not None
    assert "not finished" in refused([str(folder), "--treat"], capsys)


def test_a_run_without_an_epoch_has_nothing_to_judge(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(card | {"status": "running"}), encoding="utf-8")
    for name in ("history.jsonl", "vitals.jsonl", "steps.f32"):
        (folder / name).write_bytes(b"")
    assert "first epoch" in refused([str(folder)], capsys)


def test_curves_of_another_tool_are_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss,val_loss\n1,1.0,1.0\n2,0.8,0.9\n3,0.7,0.9\n", encoding="utf-8")
    assert run(["doctor", str(log)]) == 0
    told = capsys.readouterr().out
    assert "unknown: " in told
    assert "--treat" not in told
    assert "not a run of Jaram" in refused([str(log), "--treat"], capsys)
    assert "goes with a run" in refused([str(log), "--data", str(PENGUINS)], capsys)


def test_a_log_without_a_loss_is_told_in_words_of_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("epoch,reward\n1,1.0\n2,0.8\n", encoding="utf-8")
    said = refused([str(log)], capsys)
    assert "call the column train/loss" in said
    assert "names=" not in said
    log.write_text("a_loss,b_loss\n1,1.0\n2,0.8\n", encoding="utf-8")
    said = refused([str(log)], capsys)
    assert "a_loss, b_loss" in said
    assert "names=" not in said


def test_a_treatment_is_told_and_written(
    folder: Path, treated: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["doctor", str(folder), "--treat", "--budget", "2m", "--seeds", "3"]
    assert run(command) == 0
    (asked,) = treated
    after = folder.with_name("sick-treated")
    assert (asked["rows"], asked["seeds"], asked["budget"]) == (344, 3, 120.0)
    assert asked["out"] == after
    told = capsys.readouterr().out
    for part in (
        "Measuring the best again from fresh seeds.",
        "[grave]",
        "Tried and accepted: lower the learning rate (÷ 100): +63.0",
        "Accepted: lower the learning rate (÷ 100).",
        "learning rate 10 → 0.1",
        f"Run:    {after}",
        str(folder / TREATED_RECIPE),
    ):
        assert part in told
    for place, runs in (
        (folder, {"before": ".", "after": "../sick-treated"}),
        (after, {"before": "../sick", "after": "."}),
    ):
        assert json.loads((place / FILE).read_text(encoding="utf-8"))["runs"] == runs
        assert '"treatment":{' in (place / "report.html").read_text(encoding="utf-8")
    recipe = jaram.Recipe.read(folder / TREATED_RECIPE)
    assert recipe == made_up_treatments.AFTER
    jaram.open(folder)  # it is still whole


def test_a_second_treatment_takes_another_folder(
    folder: Path, treated: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(["doctor", str(folder), "--treat", "--quiet"]) == 0
    assert [asked["out"].name for asked in treated] == ["sick-treated", "sick-treated-2"]
    assert treated[0]["seeds"] is None and treated[0]["budget"] >= 300  # five, if there is time
    assert capsys.readouterr().out == ""


def test_a_treatment_as_json(
    folder: Path, treated: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", str(folder), "--treat", "--json", "--out", "well"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["treated"] == "well"
    assert told["treatment"]["helped"] is True
    assert told["treatment"]["verdicts"][0]["accepted"] is True
    assert {"run", "findings", "symptoms", "unknown", "files"} <= set(told)


def test_what_was_tried_is_shown_with_the_run(
    folder: Path, treated: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", str(folder), "--treat", "--quiet"]) == 0
    assert run(["show", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "Tried and accepted: lower the learning rate" in told
    assert "--treat" not in told


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("damaged", ['{"format": 1, "verdicts": [7]}', '{"form', "\x00", "[]"])
def test_a_damaged_treatment_is_told_and_left_aside(
    damaged: str, lang: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / FILE).write_text(damaged, encoding="utf-8")
    for command in ("doctor", "report", "show"):
        assert run([command, str(folder), "--lang", lang]) == 0
        printed = capsys.readouterr()
        assert printed.err.count("\n") == 1
        assert str(folder / FILE) in printed.err
        assert printed.out
    assert run(["doctor", str(folder), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_a_treatment_of_a_newer_version_is_left_aside(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / FILE).write_text('{"format": 2}', encoding="utf-8")
    assert run(["doctor", str(folder)]) == 0
    assert capsys.readouterr().err == ""


def test_no_help_leaves_the_run_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = [made_up_treatments.verdict([0.3, 0.3, 0.3], "lower_learning_rate")]
    found = made_up_treatments.treatment(verdicts=tried)
    monkeypatch.setattr("jaram.doctor.treatment.treat", lambda *_, **__: found)
    assert run(["doctor", str(folder), "--treat"]) == 0
    told = capsys.readouterr().out
    assert "No remedy helped" in told
    head = told.splitlines()[:2]
    assert head[0] == str(folder)
    assert head[1].startswith("The network's accuracy is ")
    for command in ("doctor", "show"):  # a later look knows of it
        assert run([command, str(folder)]) == 0
        told = capsys.readouterr().out
        assert "A treatment was tried before. No remedy helped: of 1 tried" in told
        assert "--treat" not in told
    assert (folder / FILE).is_file()
    assert not (folder / TREATED_RECIPE).exists()
    assert not folder.with_name("sick-treated").exists()


def test_why_nothing_was_tried(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = made_up_treatments.treatment(verdicts=[])
    monkeypatch.setattr("jaram.doctor.treatment.treat", lambda *_, **__: found)
    assert run(["doctor", str(folder), "--treat"]) == 0
    assert "No remedy was tried: none of those" in capsys.readouterr().out
    assert run(["doctor", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "A treatment was tried before. No remedy was tried: none of those" in told


def test_an_interrupted_treatment_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, out: Path, **__: Any) -> Treatment:
        out.mkdir()
        raise KeyboardInterrupt

    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    monkeypatch.setattr("jaram.doctor.treatment.treat", interrupted)
    before = files()
    assert run(["doctor", str(folder), "--treat"]) == 130
    assert "is as it was" in capsys.readouterr().err
    assert files() == before
    assert not folder.with_name("sick-treated").exists()


def test_a_mistake_of_ours_leaves_no_empty_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: Any, out: Path, **__: Any) -> Treatment:
        out.mkdir()
        raise ZeroDivisionError

    monkeypatch.setattr("jaram.doctor.treatment.treat", mistaken)
    assert run(["doctor", str(folder), "--treat"]) == 1
    assert not folder.with_name("sick-treated").exists()


def test_a_page_needs_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--explain", "dead_units"]) == 0
    english = capsys.readouterr().out
    assert english.startswith("# Dead units")
    assert run(["doctor", "--explain", "dead_units", "--lang", "ko"]) == 0
    assert capsys.readouterr().out != english
    assert run(["doctor", "--explain", "dead_units", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == "dead_units"
    assert told["page"].strip() == english.strip()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "Name a run"),
        (["nowhere"], "nowhere"),
        (["nowhere", "--treat"], "no folder nowhere"),
        (["--explain", "dead_unit"], "'dead_units'"),
        (["--explain", ""], "no finding"),
        (["x", "--budget", "2m"], "--budget belongs to a trial"),
        (["x", "--seeds", "3"], "--seeds belongs to a trial"),
        (["x", "--out", "y"], "--out belongs to a trial"),
        *(
            (["x", "--treat", f"--seeds={seeds}"], f"from 2 to 100; got '{seeds}'")
            for seeds in ("0", "1", "101", "2.5", "few")
        ),
        (["--explain"], "overfitting, plateau, "),
        (["x", "--treat", "--budget", "soon"], "90s, 2m or 1.5h"),
        (["x", "--treat", "--budget", "0"], "90s, 2m or 1.5h"),
        (["x", "--lang", "fr"], "fr"),
        (["x", "y"], "y"),
    ],
)
def test_wrong_command_lines(
    arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert part in refused(arguments, capsys)


def test_a_folder_that_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert "empty" in refused(["empty"], capsys)
    assert "not a run of Jaram" in refused(["empty", "--treat"], capsys)


def test_an_out_folder_that_is_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused([str(folder), "--treat", "--out", str(folder)], capsys)
    assert "exists already" in said


def test_data_that_is_missing_or_not_its_own(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no.csv" in refused([str(folder), "--treat", "--data", "no.csv"], capsys)
    assert "no.csv" in refused([str(folder), "--data", "no.csv"], capsys)
    lines = PENGUINS.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "other.csv").write_text("".join(lines[:300]), encoding="utf-8")
    for treat in ([], ["--treat"]):
        said = refused([str(folder), *treat, "--data", "other.csv"], capsys)
        assert "not the data" in said
    data = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    data["summary"]["source"]["path"] = str(tmp_path / "gone.csv")
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    card = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    card["files"]["data.json"] = store.fingerprint((folder / "data.json").read_bytes())
    (folder / "run.json").write_text(json.dumps(card), encoding="utf-8")
    assert "--data FILE" in refused([str(folder), "--treat"], capsys)
    assert run(["doctor", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["simple"] is None


def test_train_tells_the_diagnosis(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sick = made_up_treatments.SICK
    monkeypatch.setattr(store, "diagnose_at_once", lambda run, answers_of: sick)
    assert run([*TRAIN, "--out", "a b"]) == 0
    told = capsys.readouterr().out
    assert "Findings:\n  [grave] " in told
    assert "jaram doctor 'a b' --all" in told
    assert "jaram doctor 'a b' --treat" in told
    assert "Seen with it" not in told


def test_the_findings_in_json_are_those_of_the_diagnosis_and_of_the_preflight(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {finding.name for finding in jaram.open(trained).findings}
    assert run(["show", str(trained), "--json"]) == 0
    names = [finding["name"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert names[0] == "learning_rate_too_high"
    assert set(names) == {"learning_rate_too_high"} | before


def test_random_search_is_told_beside_where_it_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, object] = {}

    def treat(*_: object, **given: object) -> object:
        asked.update(given)
        return made_up_treatments.treatment(verdicts=[])

    monkeypatch.setattr("jaram.doctor.treatment.treat", treat)
    assert run(["doctor", str(folder), "--treat", "--compare-random"]) == 0
    assert asked["compare_random"] is True
    assert run(["doctor", str(folder), "--compare-random"]) == 2
    assert "--treat" in capsys.readouterr().err
