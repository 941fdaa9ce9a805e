"""The gradient that vanishes through time: told of networks that forget, never of those that
learnt."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from made import GOOD, judged, training, vitals

import jaram as jr
from jaram.doctor.evidence import Evidence
from jaram.doctor.rules.memory import ends_share, heard_steps
from jaram.training.through_time import ThroughTime

STEPS = 40


def remembering(
    factor: float, *layers: Any, score: float = 0.5, steps: int = STEPS, **fields: Any
) -> Evidence:
    """A finished training whose gradient is multiplied by ``factor`` a step on its way back."""
    layers = layers or (jr.RNN(8),)
    evidence = training(score, network=(*layers, jr.Dense(1)), **fields)
    names = tuple(f"layer {place}" for place in range(len(layers) + 1))
    norms = factor ** np.arange(steps)[::-1].astype(float)
    heard = (ThroughTime(0, np.ones(steps), norms),)
    return dataclasses.replace(evidence, vitals=vitals(*names), through_time=lambda: heard)


def test_a_network_that_failed_and_hears_only_the_end_has_forgotten() -> None:
    (found,) = judged("vanishing_through_time", remembering(0.5))
    assert (found.severity, found.case) == ("grave", "")
    assert found.evidence["share"] == pytest.approx(0.5**36, rel=0.01)
    assert found.evidence["steps"] == STEPS
    assert found.evidence["heard"] == 8  # 0.5 ** 8 is below a hundredth of the last four's 0.58


def test_gated_layers_are_told_of_their_gates() -> None:
    (found,) = judged("vanishing_through_time", remembering(0.5, jr.LSTM(8)))
    assert found.case == "gated" and "forget_bias" in found.fix("en")


@pytest.mark.parametrize("factor", [0.95, 1.0, 1.2])
def test_a_failure_that_hears_the_whole_series_has_another_reason(factor: float) -> None:
    assert not judged("vanishing_through_time", remembering(factor))


def test_a_network_that_has_learnt_may_forget() -> None:
    assert not judged("vanishing_through_time", remembering(0.5, score=GOOD))


@pytest.mark.parametrize(
    "layer", [jr.Bidirectional(jr.RNN(8)), jr.RNN(8, truncate=5), jr.GRU(8, truncate=5)]
)
def test_layers_that_forget_on_purpose_are_not_judged(layer: Any) -> None:
    assert not judged("vanishing_through_time", remembering(0.5, layer))


def test_short_series_have_no_beginning() -> None:
    assert not judged("vanishing_through_time", remembering(0.1, steps=9))
    assert judged("vanishing_through_time", remembering(0.1, steps=10))


def test_without_a_measurement_it_is_unknown() -> None:
    evidence = dataclasses.replace(remembering(0.5), through_time=None)
    assert not judged("vanishing_through_time", evidence)
    assert not evidence.has("through_time")


def test_numbers_whose_squares_are_nothing_have_shares() -> None:
    norms = 1e-3 ** np.arange(100)[::-1].astype(float)
    assert 0 < ends_share(norms) < 1e-200
    assert heard_steps(np.array([np.nan] * 5 + [1.0] * 20)) == 20
    assert np.isnan(ends_share(np.zeros(30)))


def test_a_plain_network_forgets_where_a_gated_one_learns() -> None:
    data = jr.load("adding_problem", n=1000, length=50)
    found = {}
    for layer in (jr.RNN(24, recurrent_init="glorot_uniform"), jr.GRU(24)):
        recipe = jr.Recipe(
            network=(layer,),
            optimizer=jr.Adam(0.01),
            clip=jr.ClipNorm(1.0),
            epochs=12,
            stop=None,
            scale="none",
            seed=0,
        )
        run = jr.train(recipe, data)
        told = jr.diagnose(run)
        known = {finding.name for finding in (*told.findings, *told.symptoms)}
        found[type(layer).__name__] = "vanishing_through_time" in known
        assert "vanishing_through_time" in run.diagnosis.unknown  # costs a compilation
    assert found == {"RNN": True, "GRU": False}


def test_a_stored_run_knows_it_at_once(tmp_path: Any) -> None:
    data = jr.load("adding_problem", n=60, length=20)
    run = jr.train(jr.Recipe(network=(jr.RNN(4),), epochs=1), data, out=tmp_path / "run")
    assert "vanishing_through_time" not in run.diagnosis.unknown
    assert "vanishing_through_time" not in jr.open(tmp_path / "run").diagnosis.unknown


def test_of_a_network_without_memory_it_is_known_that_nothing_vanished() -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(4),), epochs=1), jr.load("xor", n=40))
    assert "vanishing_through_time" not in run.diagnosis.unknown
