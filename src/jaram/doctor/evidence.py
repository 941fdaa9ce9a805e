"""The evidence: what a training left behind, as the rules of the doctor read it.

Whatever is not known is None, never a guess: curves from elsewhere have no recipe, a run that is
still training has no weights, a run whose data has gone has no reference to be compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.training.probe import VITAL_SIGNS

if TYPE_CHECKING:
    from jaram.data.prepare import Part, Prepared
    from jaram.data.task import Task
    from jaram.doctor.baselines import Reference
    from jaram.doctor.course import Course
    from jaram.doctor.examination import Examination
    from jaram.doctor.finding import Finding
    from jaram.doctor.size import Size
    from jaram.network.network import NetworkParams
    from jaram.recipe import Recipe
    from jaram.training.outputs import Answers
    from jaram.training.through_time import ThroughTime

Floats = NDArray[np.float64]

SURE = 2.0
"""Standard errors from which a difference is taken for real: a false alarm in 44 one-sided looks,
before any further condition."""
MATTERS = 0.03
"""Points (of accuracy or R²) from which a difference matters to a person, however sure it is."""


@dataclass(frozen=True, eq=False)
class Curves:
    """One value an epoch, ``(epochs,)`` float64, NaN where the training diverged.

    train_loss, valid_loss: without penalties. train_score, valid_score: accuracy or R², in
    [−∞, 1]; ``score_name`` is which, ``""`` if there is none. learning_rate: of the epoch's last
    step. steps: ``(steps,)``, the loss of each minibatch before its step. At least one of the two
    losses is there.
    """

    train_loss: Floats | None = None
    valid_loss: Floats | None = None
    train_score: Floats | None = None
    valid_score: Floats | None = None
    score_name: str = ""
    learning_rate: Floats | None = None
    steps: Floats | None = None

    @property
    def loss(self) -> Floats:
        """The training loss, or the validation loss where that is all there is."""
        found = self.train_loss if self.train_loss is not None else self.valid_loss
        assert found is not None
        return found

    @property
    def epochs(self) -> int:
        return len(self.loss)

    @property
    def steps_per_epoch(self) -> int | None:
        """Steps of one epoch; None if they are not known."""
        if self.steps is None or not self.epochs:
            return None
        return max(1, round(len(self.steps) / self.epochs))


@dataclass(frozen=True, eq=False)
class Vitals:
    """Vital signs of each layer after each epoch.

    layers: each layer in words. signs: ``(epochs, layers, len(VITAL_SIGNS))`` float32, NaN where a
    layer has no such sign. matrices: places of the layers with weight matrices, tables of
    embeddings left out, where no recipe tells; None if nothing does.
    """

    layers: tuple[str, ...]
    signs: NDArray[np.float32]
    matrices: tuple[int, ...] | None = None

    def __getitem__(self, sign: str) -> Floats:
        """``(epochs, layers)`` of one of :data:`jaram.training.probe.VITAL_SIGNS`."""
        return self.signs[:, :, VITAL_SIGNS.index(sign)].astype(np.float64)

    @cached_property
    def trainable(self) -> NDArray[np.int64]:
        """Places of the layers that have parameters, from the input to the output."""
        return np.flatnonzero(np.isfinite(self["weight_norm"]).any(axis=0))

    @cached_property
    def weighted(self) -> list[int]:
        """Places of the layers with weight matrices that learn, as far as is known."""
        known = self.trainable.tolist()
        return known if self.matrices is None else [one for one in known if one in self.matrices]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of one training.

    optimizer: registered name (``"adam"``). batch_size: examples a step. ending: how it ended; None
    while it trains. best_epoch: 1-based; 0 if none was finite. notes: what the pre-flight saw.
    params: weights of the best epoch. prepared: the data. chance: score of the best constant
    prediction on the validation part (on the training part if there is none). train_chance: the
    same on the training part.
    examination: measurements that cost a compilation. through_time: gives the gradient
    through time of each recurrent layer, measured now if it is not known.
    """

    curves: Curves
    vitals: Vitals | None = None
    recipe: Recipe | None = None
    task: Task | None = None
    input_shape: tuple[int, ...] | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    ending: str | None = None
    best_epoch: int | None = None
    notes: tuple[Finding, ...] = ()
    params: NetworkParams | None = None
    prepared: Prepared | None = None
    chance: float | None = None
    train_chance: float | None = None
    answers: dict[str, Answers] | None = None
    examination: Examination | None = None
    through_time: Callable[[], tuple[ThroughTime, ...]] | None = None

    def has(self, what: str) -> bool:
        """Whether a kind of evidence is there.

        ``"curves"``, ``"valid"`` (a validation loss), ``"scores"``, ``"vitals"``, ``"recipe"``,
        ``"weights"``, ``"data"``, ``"answers"``, ``"examination"``, ``"through_time"``.
        """
        known = {
            "curves": self.curves.epochs > 0,
            "valid": self.curves.valid_loss is not None,
            "scores": self.curves.train_score is not None or self.curves.valid_score is not None,
            "vitals": self.vitals is not None and self.vitals.signs.size > 0,
            "recipe": self.recipe is not None,
            "weights": self.params is not None and self.recipe is not None,
            "data": self.prepared is not None,
            "answers": self.answers is not None,
            "examination": self.examination is not None,
            "through_time": self.through_time is not None,
        }
        return known[what]

    # --- how it ended ---------------------------------------------------------------------------

    @property
    def has_diverged(self) -> bool:
        """Whether a loss was not finite."""
        losses = [self.curves.train_loss, self.curves.valid_loss, self.curves.steps]
        broken = any(loss is not None and not np.isfinite(loss).all() for loss in losses)
        return self.ending == "diverged" or broken

    @cached_property
    def best(self) -> int:
        """Place (from 0) of the epoch whose weights count: the one kept, or the lowest loss."""
        if self.best_epoch:
            return min(self.best_epoch, self.curves.epochs) - 1
        loss = self.curves.valid_loss
        loss = self.curves.loss if loss is None or not np.isfinite(loss).any() else loss
        return int(np.nanargmin(loss)) if np.isfinite(loss).any() else 0

    def score(self, part: str) -> float | None:
        """Score of the best epoch on ``"train"`` or ``"valid"``; None if it is not known."""
        curve = self.curves.train_score if part == "train" else self.curves.valid_score
        if curve is None or not len(curve) or not np.isfinite(curve[self.best]):
            return None
        return float(curve[self.best])

    @property
    def valid_rows(self) -> int | None:
        """Examples of the part that the scores are compared on."""
        if self.prepared is None:
            return None
        part = self.scored_part
        return None if part is None else len(part)

    @property
    def scored_part(self) -> Part | None:
        """The validation part, or the training part where there is none."""
        if self.prepared is None:
            return None
        valid = self.prepared.valid
        return valid if valid is not None and len(valid) else self.prepared.train

    @property
    def outcome(self) -> float | None:
        """The score that tells how good the network is: validation, else training."""
        found = self.score("valid")
        return self.score("train") if found is None else found

    # --- what could have been reached -----------------------------------------------------------

    @cached_property
    def reference(self) -> Reference | None:
        """Simple models on the same parts.

        None without the data, for answers at every step, which they do not give, and where classes
        are weighted: the simple models are not, and have another aim.
        """
        if self.prepared is None or self.prepared.task.has_steps:
            return None
        if self.curves.score_name == "balanced_accuracy":
            return None
        from jaram.doctor.baselines import reference

        return reference(self.prepared)

    @cached_property
    def has_failed(self) -> bool | None:
        """Whether the network knows no more of its own training rows than a constant would.

        None if that can't be told. A training that diverged has failed if its best epoch has, or
        if it has none.
        """
        if self.has_diverged and not self.best_epoch:
            return True
        score, chance = self.score("train"), self.train_chance
        if score is None or chance is None:
            score = self.outcome if score is None else score
            chance = self.chance
        if score is not None and chance is not None:
            return score - chance <= max(MATTERS * (1 - chance), 0.0)
        return None

    @cached_property
    def shortfall(self) -> float | None:
        """By how many points the network stays below the best simple model; 0 if it does not.

        Only where the difference is real (:data:`SURE` standard errors) and matters
        (:data:`MATTERS`). None without the data.
        """
        if self.reference is None:
            return None
        outcome = self.outcome
        if outcome is None:
            outcome = self.chance if self.chance is not None else 0.0
        lost = self.reference.best - outcome
        return lost if lost > max(MATTERS, SURE * self.reference.error) else 0.0

    @property
    def falls_short(self) -> bool:
        """Whether the training failed, or stayed below what a simple model reaches."""
        return bool(self.has_failed) or bool(self.shortfall)

    @property
    def is_healthy(self) -> bool:
        """Whether it is known that nothing simple would have done better."""
        return self.has_failed is False and self.shortfall == 0.0 and not self.has_diverged

    @cached_property
    def course(self) -> Course:
        """How far the training came, how fast it went, and what held it back."""
        from jaram.doctor.course import Course

        return Course(self)

    @cached_property
    def size(self) -> Size:
        """Whether the network is too small."""
        from jaram.doctor.size import Size

        return Size(self)

    # --- the weights ----------------------------------------------------------------------------

    @cached_property
    def first_params(self) -> NetworkParams | None:
        """The weights before the first step, drawn again from the seed; None without a recipe."""
        if self.recipe is None or self.recipe.network is None or self.input_shape is None:
            return None
        from jaram.network.network import initial_params

        return initial_params(self.recipe.network, self.recipe.seed, self.input_shape)

    @cached_property
    def moved(self) -> Floats | None:
        """How far each layer went from its first weights, relative to them ``(layers,)``.

        ‖w − w₀‖ / ‖w₀‖ over the layer's arrays named ``weight``; NaN for layers without; None
        without the weights. Layers that start at zero are measured against their last weights.
        """
        if self.params is None or self.first_params is None:
            return None
        return np.array(
            [
                _distance(_weights(last), _weights(first))
                for last, first in zip(self.params, self.first_params, strict=True)
            ]
        )


def _weights(params: Any) -> list[NDArray[Any]]:
    """The arrays named ``weight`` in a layer's parameters, however deep."""
    found: list[NDArray[Any]] = []
    # By name: arrays read from a file come in any order.
    for name, value in sorted(params.items()) if isinstance(params, dict) else ():
        if isinstance(value, dict):
            found += _weights(value)
        elif "weight" in name:
            found.append(np.asarray(value, np.float64))
    return found


def _distance(last: list[NDArray[Any]], first: list[NDArray[Any]]) -> float:
    if not last or len(last) != len(first):
        return float("nan")
    change = sum(float(np.sum((a - b) ** 2)) for a, b in zip(last, first, strict=True))
    size = sum(float(np.sum(b**2)) for b in first) or sum(float(np.sum(a**2)) for a in last)
    return float(np.sqrt(change / size)) if size > 0 else 0.0
