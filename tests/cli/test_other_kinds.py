"""The command line on pictures, texts and series: trained, resumed, predicted, measured, shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from jaram.cli.main import run


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARAM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Twenty dark cats and bright dogs of 4 × 4, PNG."""
    rng = np.random.default_rng(0)
    for name, bright in (("cat", 0), ("dog", 100)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(20):
            pixels = rng.integers(bright, bright + 100, (4, 4), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i}.png")
    return tmp_path / "pets"


def test_pictures(pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    told = [
        "train",
        str(pets),
        "--network",
        "flatten, dense 4 relu",
        "--epochs",
        "3",
        "--out",
        str(out),
    ]
    (pets / "dog" / "bad.png").write_text("no picture")
    assert run([*told, "--quiet"]) == 2
    assert (
        "1 of 41 pictures can not be read: dog/bad.png (not a picture)" in capsys.readouterr().err
    )
    assert run([*told, "--skip-bad", "--size", "3x5", "--fit", "crop"]) == 0
    page = capsys.readouterr().out
    assert "40 pictures of 3 × 5 × 1" in page and "1 of 41" in page
    assert run(["predict", str(out), str(pets / "cat")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("file,class,") and lines[1].startswith("0.png,") and len(lines) == 21
    assert run(["predict", str(out), str(pets)]) == 2
    assert run(["evaluate", str(out), str(pets), "--skip-bad", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 40
    assert run(["show", str(out)]) == 0
    assert run(["doctor", str(out)]) == 0  # the pictures are found again, and read in the same way


def test_pictures_that_do_not_fit_into_the_memory_given_are_streamed(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["train", str(pets), "--network", "flatten, dense 4 relu", "--epochs", "2"]
    told += ["--batch-size", "4"]
    out = tmp_path / "streamed"
    assert run([*told, "--memory", "2KB", "--out", str(out)]) == 0
    assert "more than the memory of 2048 bytes" in capsys.readouterr().out
    assert json.loads((out / "data.json").read_text())["summary"]["memory"] == 2048
    assert run(["doctor", str(out)]) == 0
    assert run([*told, "--memory", "1KB", "--out", str(tmp_path / "less")]) == 2
    assert "or a smaller batch size" in capsys.readouterr().err
    assert not (tmp_path / "less").exists()
    assert run([*told, "--memory", "a lot"]) == 2
    assert "500MB" in capsys.readouterr().err
    assert run(["train", "--resume", str(out), "--memory", "2KB"]) == 2
    assert "--memory" in capsys.readouterr().err


def test_a_wrong_size(pets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(pets), "--size", "big"]) == 2
    assert "32x48" in capsys.readouterr().err
    assert run(["train", str(pets), "--fit", "melt", "--lang", "ko"]) == 2
    assert "pad" in capsys.readouterr().err


def test_an_interrupted_training_on_pictures_goes_on(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from jaram.runs import train as training

    out, whole = tmp_path / "run", tmp_path / "whole"
    told = [
        "train",
        str(pets),
        "--network",
        "flatten, dense 4 relu",
        "--epochs",
        "4",
        "--size",
        "3",
    ]
    told += ["--set", "stop=none", "--quiet"]
    assert run([*told, "--out", str(whole)]) == 0
    add, calls = training.Member.add, []

    def interrupted(self: object, *arguments: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        add(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training.Member, "add", interrupted)
    code = run([*told, "--out", str(out)])
    monkeypatch.setattr(training.Member, "add", add)
    if code == 130:  # one call may have trained all epochs
        assert run(["train", "--resume", str(out), "--quiet"]) == 0
    weights = [(place / "weights.safetensors").read_bytes() for place in (out, whole)]
    assert weights[0] == weights[1]
    capsys.readouterr()


@pytest.mark.filterwarnings("ignore::jaram.data.notices.DataWarning")
def test_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    network = "embedding 2000 4 mask_zero=true, global_avg_pool"
    assert (
        run(["train", "film_reviews", "--network", network, "--epochs", "2", "--out", str(out)])
        == 0
    )
    assert "text (learned from): review" in capsys.readouterr().out
    (tmp_path / "new.txt").write_text("정말 재미있다\n지루하다\n\n최고", encoding="utf-8")
    assert run(["predict", str(out), str(tmp_path / "new.txt")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    frame = pl.DataFrame({"review": ["좋다", None], "positive": [1, 0]})
    frame.write_csv(tmp_path / "more.csv")
    assert run(["evaluate", str(out), str(tmp_path / "more.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 2
    frame.rename({"review": "other"}).write_csv(tmp_path / "other.csv")
    assert run(["predict", str(out), str(tmp_path / "other.csv")]) == 2
    assert "review" in capsys.readouterr().err


def test_a_forecast(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, file = tmp_path / "run", tmp_path / "sales.csv"
    t = np.arange(80)
    pl.DataFrame({"sales": t + 5 * np.sin(t)}).write_csv(file)
    told = ["train", str(file), "--forecast", "2", "--window", "6", "--network", "flatten"]
    assert run([*told, "--epochs", "2", "--out", str(out)]) == 0
    assert "Repeating the last value would be off by" in capsys.readouterr().out
    assert run(["predict", str(out), str(file)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    ends = "low_sales+1,high_sales+1,low_sales+2,high_sales+2"
    assert lines[0] == f"sales+1,sales+2,{ends}"
    first, second, *between = map(float, lines[1].split(","))
    assert len(lines) == 2
    assert between[0] < first < between[1]
    assert between[2] < second < between[3]
    assert "80% of the truth" in printed.err
    assert run(["predict", str(out), str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["interval"]["share"] == 0.8
    assert told["low_sales+1"][0] == pytest.approx(
        told["sales+1"][0] - told["interval"]["half_widths"][0]
    )
    assert run(["doctor", str(out)]) == 0


def test_a_season_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sales.csv"
    pl.DataFrame({"sales": np.arange(60) % 5}).write_csv(file)
    told = ["train", str(file), "--forecast", "1", "--network", "flatten", "--epochs", "1"]
    assert run([*told, "--season", "5", "--out", str(tmp_path / "run")]) == 0
    summary = json.loads((tmp_path / "run" / "data.json").read_text())["summary"]
    assert summary["intake"]["season"] == 5
    assert summary["baselines"]["valid"]["seasonal_naive"]["mae"] == 0
    capsys.readouterr()


def test_the_vocabulary_is_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = []
    for option in (("--vocabulary", "7"), ("--min-count", "50"), ("--min-count", "1")):
        out = tmp_path / f"run{len(sizes)}"
        told = ["train", "film_reviews", "--network", "global_max_pool", "--epochs", "1"]
        assert run([*told, *option, "--length", "8", "--out", str(out)]) == 0
        sizes.append(json.loads((out / "data.json").read_text())["summary"]["text"]["vocabulary"])
    assert sizes[0] == 7 + 2
    assert sizes[0] < sizes[1] < sizes[2]
    capsys.readouterr()


def test_what_is_shown_of_texts_says_when_they_are_learned_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["show", "film_reviews"]) == 0
    printed = capsys.readouterr().out
    assert "left out" not in printed
    assert "learned from with --text" in printed


def test_a_trained_network_goes_on_to_other_pictures(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    network = ["--network", "conv 2 3 relu, flatten, dense 4 relu", "--epochs", "1"]
    assert run(["train", str(pets), "--size", "6", *network, "--out", str(out)]) == 0
    other = ["train", str(pets), "--from", str(out), "--epochs", "1"]
    assert run([*other, "--freeze", "all", "--out", str(tmp_path / "all")]) == 0
    assert "3 of them frozen" in capsys.readouterr().out
    data = json.loads((tmp_path / "all" / "data.json").read_text())
    assert data["input_shape"][:2] == [6, 6]
    taken = ["--layers", "2", "--freeze", "1", "--network", "dense 3 relu"]
    assert run([*other, *taken, "--out", str(tmp_path / "some")]) == 0
    assert run([*other, "--keep-head", "--out", str(tmp_path / "same")]) == 0
    assert run(["show", str(tmp_path / "some")]) == 0
    shown = capsys.readouterr().out
    assert "begin = " in shown
    channels = data["input_shape"][2]
    assert f"hold {9 * channels * 2 + 2} more" in shown
    for wrong in (
        ["train", str(pets), "--freeze", "2"],
        [*other, "--freeze", "some"],
        [*other, "--freeze", "9"],
        ["train", "iris", "--from", str(out)],
        ["train", str(pets), "--from", str(tmp_path / "nowhere")],
    ):
        assert run(wrong) == 2
        assert "error" in capsys.readouterr().err


def test_series_of_a_long_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, file = tmp_path / "run", tmp_path / "walks.csv"
    rows = [
        {"who": i, "step": t, "height": t * (1 if i % 2 else -1), "way": "up" if i % 2 else "down"}
        for i in range(24)
        for t in range(3 + i % 4)
    ]
    pl.DataFrame(rows).write_csv(file)
    told = ["train", str(file), "--target", "way", "--series", "who", "--time", "step"]
    assert run([*told, "--network", "masking, rnn 2", "--epochs", "2", "--out", str(out)]) == 0
    assert "24 series of 6 × 1" in capsys.readouterr().out
    assert run(["predict", str(out), str(file)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 25


def test_a_run_knows_how_its_file_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, file = tmp_path / "run", tmp_path / "reviews.csv"
    rng = np.random.default_rng(0)
    lines = [f"{' '.join(rng.choice(['좋다', '싫다', '영화'], 4))} {i},{i % 2}" for i in range(40)]
    file.write_bytes("\n".join(["말,답", *lines]).encode("cp949"))
    told = ["train", str(file), "--target", "답", "--encoding", "cp949", "--unit", "word"]
    network = "embedding 100 2 mask_zero=true, global_avg_pool"
    assert run([*told, "--network", network, "--epochs", "1", "--out", str(out)]) == 0
    assert run(["train", "--resume", str(out)]) == 2  # it is finished, which is told after reading
    assert "cp949" in (out / "data.json").read_text(encoding="utf-8")
    assert "resume" in capsys.readouterr().err


def test_a_rate_is_recommended_for_a_forecast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sales.csv"
    t = np.arange(80)
    pl.DataFrame({"sales": t + 5 * np.sin(t)}).write_csv(file)
    told = ["rate", str(file), "--forecast", "2", "--window", "6", "--network", "flatten"]
    assert run([*told, "--count", "9", "--seeds", "3"]) == 0
    assert "73 windows of 6 steps" in capsys.readouterr().out
