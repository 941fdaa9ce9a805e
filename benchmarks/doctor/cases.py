"""The suite's cases: a mistake in a healthy training, and the twin in which it is put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bodies import BODIES
from changes import Change, DataChange
from sets import is_there

import jaram as jr

PARTS = ("tune", "seen", "held")
FIRST_SEEDS = {"tune": 0, "seen": 500, "held": 2000}

CONSEQUENCES: dict[str, str] = {
    "no_signal": "underfitting overfitting constant_prediction plateau slow_convergence "
    "too_few_epochs learning_rate_too_low label_noise",
    "label_noise": "overfitting oscillating_loss underfitting",
    "leakage": "",
    "class_imbalance": "constant_prediction underfitting plateau",
    "validation_too_small": "",
    "unrepresentative_validation": "overfitting",
    "learning_rate_too_high": "diverged exploding_gradient dead_units saturated_units "
    "oscillating_loss plateau constant_prediction underfitting layer_not_learning "
    "vanishing_gradient",
    "learning_rate_too_low": "slow_convergence too_few_epochs underfitting plateau "
    "constant_prediction layer_not_learning",
    "batch_too_large": "slow_convergence too_few_epochs underfitting constant_prediction",
    "batch_too_small": "oscillating_loss",
    "over_regularized": "underfitting constant_prediction plateau layer_not_learning dead_units "
    "vanishing_gradient slow_convergence",
    "exploding_gradient": "diverged oscillating_loss dead_units saturated_units plateau "
    "constant_prediction underfitting",
    "saturated_units": "vanishing_gradient layer_not_learning slow_convergence plateau "
    "constant_prediction underfitting",
    "dead_units": "vanishing_gradient layer_not_learning slow_convergence plateau "
    "constant_prediction underfitting",
    "vanishing_gradient": "layer_not_learning slow_convergence plateau constant_prediction "
    "underfitting",
    "vanishing_through_time": "layer_not_learning slow_convergence plateau constant_prediction "
    "underfitting overfitting",
    "too_few_epochs": "slow_convergence underfitting constant_prediction",
    "underfitting": "plateau constant_prediction",
}
"""What an illness brings with it, so that it is true of the training as well. Counted as true where
precision is asked for, never where recall is."""
_SETUP = (
    "vanishing_gradient exploding_gradient diverged dead_units saturated_units "
    "learning_rate_too_high learning_rate_too_low oscillating_loss slow_convergence plateau "
    "underfitting constant_prediction layer_not_learning too_few_epochs"
)
CONSEQUENCES |= dict.fromkeys(
    (
        "wrong_loss",
        "wrong_output_activation",
        "symmetric_weights",
        "bad_initialization",
        "missing_nonlinearity",
        "unscaled_input",
        "unscaled_target",
    ),
    _SETUP,
)


@dataclass(frozen=True, eq=False)
class Case:
    """An ill training and its twin.

    mistake: what was done. accepts: names that are as right as ``illness``: the cause where a
    symptom was seeded. also: true of it besides. rule: by which proof the case counts
    (:mod:`proofs`).
    """

    name: str
    mistake: str
    illness: str
    part: str
    set: str
    data: jr.Data
    recipe: jr.Recipe
    twin_data: jr.Data
    twin_recipe: jr.Recipe
    accepts: tuple[str, ...]
    also: tuple[str, ...]
    rule: str

    @cached_property
    def true_names(self) -> frozenset[str]:
        """Every finding that is no false alarm here."""
        named = {self.illness, *self.accepts}
        brought = {other for name in named for other in CONSEQUENCES.get(name, "").split()}
        return frozenset(named | brought | set(self.also))


@dataclass(frozen=True)
class Mistake:
    """A line of the tables of mistakes.

    name: what was done. illness: the finding it is. on: bodies it is made in, ``"tuning part |
    seen part | held-out part"``. ill: changes, taken in turn by the bodies (but for the tuning part
    from the last). base: changes of both the ill training and its twin. twin: of the twin alone.
    data and base_data: the same for the data. seeds: how many trainings of each body.
    """

    name: str
    illness: str
    on: str
    ill: Sequence[Change] = ()
    base: Change | None = None
    twin: Change | None = None
    data: Sequence[DataChange] = ()
    base_data: DataChange | None = None
    accepts: str = ""
    also: str = ""
    rule: str = "score"
    seeds: int = 1
    shared: bool = False

    def cases(self, part: str) -> list[Case]:
        """Its cases in one part."""
        names = self.on.split("|")[PARTS.index(part)].split()
        found = []
        for place, body_name in enumerate(names):
            body = BODIES[part][body_name]
            if not is_there(body.set):
                continue
            turn = place if part == "tune" else -1 - place
            for number in range(self.seeds):
                seed = 10 * place + number + FIRST_SEEDS[part]
                healthy = body.recipe(seed)
                if self.base is not None:
                    healthy = self.base(healthy)
                data = body.data if self.base_data is None else self.base_data(body.data)
                ill = self.ill[turn % len(self.ill)](healthy) if self.ill else healthy
                bad = self.data[turn % len(self.data)](data) if self.data else data
                twin = healthy if self.twin is None else self.twin(healthy)
                name = f"{self.name} {body_name} {number}".replace(" ", "_")
                found.append(
                    Case(
                        name,
                        self.name,
                        self.illness,
                        part,
                        body.set,
                        bad,
                        ill,
                        bad if self.shared else data,
                        twin,
                        tuple(self.accepts.split()),
                        tuple(self.also.split()),
                        self.rule,
                    )
                )
        return found
