"""Networks too small for their data: told apart from trainings that are on their way."""

from __future__ import annotations

from typing import Any

import pytest

import jaram as jr
from jaram.doctor.examination import Examination
from jaram.doctor.finding import Finding


def heads(network: Any, epochs: int, rate: float, **fields: Any) -> list[Finding]:
    """Findings above minor of a training on two circles."""
    recipe = jr.Recipe(
        network=network, optimizer=jr.Adam(rate), epochs=epochs, batch_size=32, stop=None, **fields
    )
    found = jr.diagnose(jr.train(recipe, jr.load("circles", n=600, noise=0.08, seed=3)))
    return [finding for finding in found if finding.severity != "minor"]


def test_a_network_without_hidden_layer_is_a_linear_model() -> None:
    (finding,) = heads((), 30, 0.01)
    assert (finding.name, finding.case) == ("underfitting", "linear")
    assert finding.evidence["linear"] < 0.7 < finding.evidence["reference"]
    assert finding.remedies[0] == "deepen"


def test_a_single_unit_is_tried_with_more() -> None:
    finding = heads((jr.Dense(1, "relu"),), 60, 0.02)[0]
    assert (finding.name, finding.case) == ("underfitting", "narrow")
    assert finding.evidence["units"] == 1 and finding.evidence["wider"] == 32
    assert finding.evidence["roomier"] > finding.evidence["score"] + 0.1


@pytest.mark.parametrize("network", [(jr.Dense(12, "relu"),), (jr.Dense(32, "relu"),)])
def test_a_network_on_its_way_is_not_called_small(network: Any) -> None:
    names = {finding.name for finding in heads(network, 30, 1e-5)}
    assert names == {"learning_rate_too_low"}


def test_two_epochs_are_too_few_whatever_the_curve() -> None:
    names = {finding.name for finding in heads((jr.Dense(16, "relu"),), 2, 0.01)}
    assert names == {"too_few_epochs"}


@pytest.mark.parametrize(("few", "case"), [(1.0, ""), (0.5, "stuck")])
def test_whether_a_few_rows_can_be_learned_by_heart_is_told(
    few: float, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Examination, "few_rows_score", few)
    recipe = jr.Recipe(
        network=(jr.Dense(20, "tanh"),),
        optimizer=jr.SGD(0.2, momentum=0.9),
        batch_size=250,
        epochs=8,
        stop=None,
        seed=510,
    )
    found = jr.diagnose(jr.train(recipe, jr.load("moons", n=600, noise=0.12, seed=2)))
    finding = next(finding for finding in found if finding.name == "underfitting")
    assert finding.case == case and finding.evidence["few"] == few


@pytest.mark.parametrize(
    "fields",
    [{"optimizer": jr.Adam(0.02), "epochs": 80}, {"layer_rates": (0.0, 1.0), "epochs": 60}],
    ids=["it knows its rows", "a layer is frozen"],
)
def test_more_units_are_tried_only_where_size_is_in_question(
    fields: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("trained again for nothing")

    monkeypatch.setattr(Examination, "roomier_score", refuse)
    given = {"optimizer": jr.Adam(0.01), "network": (jr.Dense(12, "tanh"),), "stop": None} | fields
    run = jr.train(jr.Recipe(**given), jr.load("circles", n=600, noise=0.08, seed=3))
    jr.diagnose(run)
