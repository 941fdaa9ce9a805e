"""Folders of studies that are damaged, newer, or of other data: one sentence in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.searches import files
from jaram.searches.study import Confirmed, Settings, Study, Trial

SPACE = jr.Space(jr.Recipe(network="dense 4", optimizer=jr.SGD(jr.LogUniform(1e-3, 1.0))))
SETTINGS = Settings("random", 2, 1, 0, "accuracy", "valid", 0.0, 100, "f")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    trials = tuple(
        Trial(number, (at,), SPACE.at(np.array([at])).values, (at,), None, 2, 0.1, 0, 1.0, "done")
        for number, at in enumerate((0.2, 0.8))
    )
    Study(SPACE, SETTINGS, trials, Confirmed(1, 0.8, (0.7, 0.8))).save(tmp_path / "s")
    return tmp_path / "s"


def test_what_was_written_is_read(folder: Path) -> None:
    study = Study.open(folder)
    assert study.settings == SETTINGS
    assert study.space == SPACE
    assert [trial.scores for trial in study.trials] == [(0.2,), (0.8,)]
    assert study.confirmed == Confirmed(1, 0.8, (0.7, 0.8))


def of_card(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        card = json.loads((folder / files.CARD).read_text("utf-8"))
        change(card)
        (folder / files.CARD).write_text(json.dumps(card), "utf-8")

    return damage


def of_trial(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        first, *rest = (folder / files.TRIALS).read_text("utf-8").splitlines()
        row = json.loads(first)
        change(row)
        (folder / files.TRIALS).write_text("\n".join([json.dumps(row), *rest, ""]), "utf-8")

    return damage


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    ("damage", "mentions"),
    [
        (of_card(lambda card: card.update(format=99)), "99"),
        (of_card(lambda card: card.pop("format")), "format"),
        (of_card(lambda card: card.pop("settings")), "settings"),
        (of_card(lambda card: card["settings"].pop("metric")), "settings.metric"),
        (of_card(lambda card: card["settings"].update(rows="many")), "settings.rows"),
        (of_card(lambda card: card["confirmed"].update(scores=["a"])), "confirmed.scores.0"),
        (of_card(lambda card: card["confirmed"].update(scores=7)), "confirmed.scores"),
        (of_card(lambda card: card.update(confirmed=[3])), "confirmed"),
        (of_card(lambda card: card.update(seconds="long")), "seconds"),
        (of_trial(lambda row: row.pop("scores")), "trials.jsonl:1"),
        (of_trial(lambda row: row.update(scores=[])), "scores"),
        (of_trial(lambda row: row.update(scores=None)), "scores"),
        (of_trial(lambda row: row.update(point=["x"])), "point.0"),
        (of_trial(lambda row: row.update(point=[0.1, 0.2])), "point"),
        (of_trial(lambda row: row.update(values=3)), "values"),
        (of_trial(lambda row: row.update(curve="no")), "curve"),
    ],
)
def test_a_damaged_study_is_told_in_one_line(
    damage: Callable[[Path], None],
    mentions: str,
    lang: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JARAM_LANG", lang)
    damage(folder)
    with pytest.raises(jr.RunError) as caught:
        Study.open(folder)
    told = str(caught.value)
    assert mentions in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("seed", "lang", "words"),
    [
        (0, "en", "on other data"),
        (0, "ko", "다른 데이터"),
        (1, "en", r"differs in: seed, the data or its target\)"),
        (1, "ko", "seed, 데이터 또는 타깃"),
    ],
)
def test_other_data_is_called_other_data(
    seed: int, lang: str, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JARAM_LANG", lang)
    x = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    data = jr.Data(x, np.where(x[:, 0] > 0, "a", "b"))
    with pytest.raises(jr.RunError, match=words) as caught:
        jr.search(SPACE, data, trials=2, seed=seed, confirm=2, out=folder)
    assert "fingerprint" not in str(caught.value)
