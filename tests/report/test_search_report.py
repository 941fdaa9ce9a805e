"""The report of a search: axes at the values they name, the page, the pictures."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_page_in_browser import BROWSER, drawn, sections

import jaram as jr
from jaram.errors import RunError
from jaram.messages import text
from jaram.report.axes import axes_of, rate_axis, ticks_of
from jaram.report.png import write_search_pngs
from jaram.report.search_evidence import MOST_CURVE_POINTS, search_evidence
from jaram.report.search_html import payload, rounded, write_search_report
from jaram.searches.distributions import Distribution, IntLogUniform, IntUniform
from jaram.searches.study import Confirmed, Settings, Study, Trial

HOSTILE = "</script><img src=x>"
SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(jr.Choice(8, 16, 32)), jr.Dropout(jr.Uniform(0, 0.5))),
        optimizer=jr.Choice(jr.SGD(jr.LogUniform(1e-3, 1)), jr.Adam(jr.LogUniform(1e-4, 0.1))),
    )
)
SETTINGS = Settings("random", 40, 1, 0, "accuracy", "valid", 0.0, 100, "")


def made(count: int = 40, epochs: int = 5) -> Study:
    """A study whose score falls with the distance from the rate 0.1; trial 3 diverged at once."""
    rng = np.random.default_rng(0)
    trials = []
    for number in range(count):
        point = rng.random(len(SPACE.dimensions))
        values = SPACE.at(point).values
        score = 0.9 - 0.1 * abs(np.log10(_rate(values)) + 1)
        curve = tuple(float(score * (1 - 0.5**epoch)) for epoch in range(1, epochs + 1))
        trial = Trial(
            number, tuple(point), values, (score,), 1 - score, epochs, 0.1, 0, 1.0, "done"
        )
        trials.append(dataclasses.replace(trial, curve=curve))
    trials[3] = dataclasses.replace(
        trials[3], scores=(0.0,), loss=None, epochs=0, status="diverged", curve=()
    )
    winner = max(trials, key=lambda trial: trial.rank)
    scores = tuple(winner.score - share for share in (0.01, 0.02, 0.03))
    confirmed = Confirmed(winner.number, winner.score, scores)
    return Study(SPACE, SETTINGS, tuple(trials), confirmed)


def _rate(values: dict[str, Any]) -> float:
    return float(next(value for path, value in values.items() if path.endswith("learning_rate")))


@pytest.mark.parametrize(
    "distribution",
    [
        jr.Uniform(-1, 3.7),
        jr.LogUniform(1e-4, 1),
        jr.LogUniform(0.02, 0.9),
        1 - jr.LogUniform(1e-3, 0.5),
        IntUniform(1, 9),
        IntLogUniform(16, 512),
        jr.Choice("relu", "tanh", 3),
    ],
)
def test_a_tick_stands_where_its_value_is_drawn(distribution: Distribution) -> None:
    ticks = ticks_of(distribution)
    assert len(ticks) >= 2
    for place, label in ticks:
        assert 0 <= place <= 1
        value = distribution.at(place)
        if isinstance(value, float):
            assert value == pytest.approx(float(label), rel=1e-6, abs=1e-9)
        else:
            assert str(value) == label


def test_places_are_where_trials_were_drawn() -> None:
    study = made()
    axes = {axis.name: axis for axis in axes_of(study)}
    sgd = axes["optimizer|sgd.learning_rate"]
    for trial, place in zip(study.trials, sgd.places, strict=True):
        if np.isnan(place):
            assert sgd.name not in trial.values
        else:
            assert 1e-3 ** (1 - place) == pytest.approx(trial.values[sgd.name])
    units = axes["network[0].units"]
    options = np.floor(units.places * 3).astype(int)
    assert [(8, 16, 32)[option] for option in options] == [
        trial.values[units.name] for trial in study.trials
    ]


def test_rates_of_all_optimizers_share_one_axis() -> None:
    study = made()
    axis = rate_axis(study)
    assert axis is not None
    rates = np.array([_rate(trial.values) for trial in study.trials])
    assert (np.argsort(axis.places) == np.argsort(rates)).all()
    assert (axis.places.min(), axis.places.max()) == (0, 1)
    fixed = jr.Space(jr.Recipe(network=(jr.Dense(jr.Choice(8, 16)),)))
    trial = Trial(0, (0.1,), fixed.at(np.array([0.1])).values, (0.5,), 1.0, 1, 0.1, 0, 1.0, "done")
    assert rate_axis(Study(fixed, SETTINGS, (trial,))) is None


def test_curves_are_thinned_to_a_bounded_size() -> None:
    evidence = search_evidence(made())
    assert evidence.curves.shape == (40, 5)
    assert np.isnan(evidence.curves[3]).all()
    long = search_evidence(made(20, 3 * MOST_CURVE_POINTS // 20))
    assert long.curves.size <= MOST_CURVE_POINTS
    assert long.epochs[0] == 1
    assert long.epochs[-1] == 3 * MOST_CURVE_POINTS // 20


def test_numbers_keep_four_digits() -> None:
    assert rounded(np.array([0.123456, -98765.4, 0.0, np.nan, np.inf, 1e-7])) == [
        0.1235,
        -98770.0,
        0.0,
        None,
        None,
        1e-7,
    ]


def test_the_payload_is_json_in_both_languages() -> None:
    found = payload(search_evidence(made()))
    json.dumps(found, allow_nan=False)
    assert set(found["told"]) == {"en", "ko"}
    assert found["importance"][0]["path"].endswith("learning_rate")
    assert found["trials"]["status"][3] == "diverged"
    assert len(found["curves"]) == 40


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_the_page_draws_every_section(tmp_path: Path) -> None:
    page = write_search_report(made(), tmp_path / "search.html", "en")
    document = drawn(page, tmp_path / "profile")
    assert sections(document) == [
        "mattered",
        "every_curve",
        "marginals",
        "pairwise",
        "parallel",
        "trials",
    ]
    assert len(re.findall("<tr", document)) > 25
    assert "Show 15 more" in document


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_names_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    study = made()
    values = study.trials[0].values | {"network[0].units": HOSTILE}
    first = dataclasses.replace(study.trials[0], values=values, status=HOSTILE)
    study = dataclasses.replace(study, trials=(first, *study.trials[1:]))
    document = drawn(write_search_report(study, tmp_path / "s.html", "ko"), tmp_path / "profile")
    assert "<img" not in document
    assert "trials" in sections(document)


@pytest.mark.parametrize("count", [1, 5])
def test_few_trials_have_a_table_and_no_importance(count: int, tmp_path: Path) -> None:
    study = dataclasses.replace(made(), trials=made().trials[:count], confirmed=None)
    found = payload(search_evidence(study))
    assert found["importance"] == found["marginals"] == found["pairs"] == []
    assert len(found["trials"]["number"]) == count
    assert write_search_report(study, tmp_path / "search.html").is_file()
    names = {path.stem for path in write_search_pngs(study, tmp_path / "png")}
    assert names == {"curves", "parallel"}


def stages() -> Study:
    """Panda: stage 1 diverged, 2 went on from 0 with half the rate, and 3 from it: not the best."""
    told: list[Trial] = []
    for number, (parent, score, rate) in enumerate(
        [(None, 0.7, 0.5), (0, 0.0, 0.5), (0, 0.9, 0.4), (2, 0.8, 0.4), (2, 0.85, 0.3)]
    ):
        point = (0.5,) * (len(SPACE.dimensions) - 1) + (rate,)
        share = (0.2, 0.4, 0.4, 0.6, 1.0)[number]
        status = "diverged" if number == 1 else "done" if share == 1 else "dropped"
        ends = None if number == 1 else (1 - share / 2, 1.0)
        values = SPACE.at(np.array(point)).values
        first = (number, point, values, (score,), 0.5, 1, 0.1, 0, share, status, parent)
        told.append(Trial(*first, (score,) * round(10 * share), ends))
    settings = dataclasses.replace(SETTINGS, strategy="panda", trials=5)
    return Study(SPACE, settings, tuple(told), Confirmed(4, 0.85, (0.8, 0.9)))


def test_stages_of_one_training_are_no_rivals() -> None:
    study = stages()
    told = study.report("en")
    assert "One training in 5 stages" in told
    for wrong in ("trials", "dropped", "as good", "depended", "mattered", "Best"):
        assert wrong not in told
    assert study.table["status"].to_list() == ["kept", "diverged", "kept", "given_up", "kept"]
    found = payload(search_evidence(study))
    assert found["is_one_training"] is True
    assert found["importance"] == found["marginals"] == []


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_page_shows_what_the_words_show(lang: Any) -> None:
    study = stages()
    found = payload(search_evidence(study))
    shown = [*found["told"][lang], *(f"  {path} = {value}" for path, value in found["values"])]
    assert sorted(shown) == sorted(study.report(lang).splitlines())
    place = found["told"][lang].index(text("search.panda_log", lang=lang))
    assert "→" in found["told"][lang][place + 1]
    assert any(" → " in value for _, value in found["values"])


def test_the_page_says_that_nothing_mattered() -> None:
    few = dataclasses.replace(made(), trials=made().trials[:5])
    few = dataclasses.replace(few, confirmed=Confirmed(0, 0.8, (0.7, 0.8)))
    assert payload(search_evidence(few))["told"]["en"][-1].startswith("Nothing that was varied")
    assert "depended" not in str(payload(search_evidence(made()))["told"]["en"])


def diverged() -> Study:
    """No trial could be trained; all have the worst score."""
    trials = tuple(
        dataclasses.replace(
            trial, scores=(0.0,), loss=None, epochs=1, status="diverged", curve=(0.33,)
        )
        for trial in made(10).trials
    )
    return dataclasses.replace(made(10), trials=trials, confirmed=None)


def test_where_all_diverged_nothing_is_drawn(tmp_path: Path) -> None:
    found = payload(search_evidence(diverged()))
    assert found["epochs"] == found["curves"] == found["axes"] == found["marginals"] == []
    assert found["colour"] is None
    assert write_search_pngs(diverged(), tmp_path / "png") == []


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_pages_of_stages_and_of_nothing(tmp_path: Path) -> None:
    document = drawn(write_search_report(stages(), tmp_path / "a.html", "en"), tmp_path / "profile")
    assert sections(document) == ["every_stage", "stages"]
    assert "the training diverged; back to the last look." in document
    assert "given up" in document
    document = drawn(
        write_search_report(diverged(), tmp_path / "b.html", "en"), tmp_path / "profile"
    )
    assert sections(document) == ["trials"]
    assert "There is nothing to draw" in document


def test_every_picture_is_drawn(tmp_path: Path) -> None:
    files = write_search_pngs(made(), tmp_path, "ko")
    assert [file.stem for file in files] == [
        "importance",
        "curves",
        "marginals",
        "pairs",
        "parallel",
    ]
    assert all(file.read_bytes()[:4] == b"\x89PNG" for file in files)


def test_a_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        write_search_report(made(), tmp_path / "no" / "search.html")
