"""The passage of signals up a network and of gradients down it, layer by layer.

The measure of a gradient is its *pull*, ‖∂loss/∂W‖·‖W‖: what the loss would change, to first
order, if a layer's weights moved by their own size along the gradient. It does not change when a
layer is scaled and the next one is scaled back, and in a network of ReLUs without biases it is of
one size in every layer whatever the widths (Euler's theorem on homogeneous functions). So the pull
of the first layer over that of the last tells what the layers between do to the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.course import Course
from jaram.doctor.evidence import MATTERS, SURE, Evidence, Floats
from jaram.network.activations import ActivationFunction
from jaram.network.layer import Layer
from jaram.network.network import shapes
from jaram.spec import name_of

FADED = 0.02
"""Pull of the first layer over that of the last, below which a gradient has vanished.

At the first weights it was 0.20 to 9.0 in 149 healthy trainings (10 data sets, 1 to 6 hidden
layers of 8 to 128 units, seven activations, five optimizers), 6e-4 at most in deep networks of
sigmoids that failed, and 0.09 at least in 93 trainings that failed for other reasons."""
STOOD = 1e-3
"""Way of a layer, in its own size, over the median way of the others, below which it stood."""
MOSTLY = 0.5
"""Share of a layer's units that give nothing for any row of the probe, from which it is the dead
units that keep a network from learning: the largest of 149 healthy trainings was 0.58 (one in a
hundred had 0.55), the largest of 93 that failed for other reasons 0.46, the least of those seeded
0.56."""
FEWEST_UNITS = 3
"""Units from which a layer's share of dead or saturated ones says something. One or two units fall
silent by chance; then the layer is too narrow, which is a finding of its own."""
LITTLE_DROP = 0.1
"""Share of its start that the loss fell by, up to which curves alone say that little was learnt."""


def suffers(evidence: Evidence) -> bool:
    """Whether the network has not learnt its own training rows as it could have.

    It diverged before any good epoch, knows no more than a constant, or answers its training rows
    worse than simple models answer new ones (a network that knows them and fails on others has
    learnt, if by heart), unless it is its size that is to blame. Where only curves are known, their
    loss has to have stayed where it was.
    """
    if evidence.size.is_too_small:
        return False
    if evidence.has_failed:
        return True
    train, reference = evidence.score("train"), evidence.reference
    if train is not None and reference is not None:
        return reference.best - train > max(MATTERS, SURE * reference.error)
    if evidence.has_failed is None and evidence.curves.epochs:
        return Course(evidence).drop < LITTLE_DROP
    return False


def activation_of(layer: Layer) -> str:
    """Name of the function that a layer ends with; ``"identity"`` for none."""
    found = getattr(layer, "activation", None)
    return name_of(found) if isinstance(found, ActivationFunction) else "identity"


def matrices(params: Any) -> Iterator[NDArray[np.float64]]:
    """The arrays named ``weight`` with units on their last axis, however deep."""
    for name, value in params.items() if isinstance(params, dict) else ():
        if isinstance(value, dict):
            yield from matrices(value)
        elif "weight" in name and np.ndim(value) >= 2:
            yield np.asarray(value, np.float64)


def weighted(evidence: Evidence) -> list[int]:
    """Places of the layers with weight matrices, tables of embeddings left out.

    Of a table only the rows in the minibatch have a gradient. Without a recipe: what the vital
    signs know of it.
    """
    recipe, first = evidence.recipe, evidence.first_params
    if recipe is None or recipe.network is None or first is None:
        return [] if evidence.vitals is None else evidence.vitals.weighted
    return [
        place
        for place, (layer, params) in enumerate(zip(recipe.network, first, strict=True))
        if "embed" not in name_of(layer) and any(True for _ in matrices(params))
    ]


def frozen(evidence: Evidence) -> list[int]:
    """Places of the layers with weights that the recipe keeps from moving."""
    rates = () if evidence.recipe is None else evidence.recipe.layer_rates
    return [place for place in weighted(evidence) if rates and rates[place] <= STOOD * max(rates)]


def died(evidence: Evidence) -> bool:
    """Whether half of a hidden layer's units, which were alive at the first weights, are dead."""
    examination, vitals = evidence.examination, evidence.vitals
    if examination is None or vitals is None or not vitals.signs.size:
        return False
    before = mostly_dead(evidence, examination.initial["dead"])
    return bool(np.any(~before & mostly_dead(evidence, vitals["dead"][-1])))


def mostly_dead(evidence: Evidence, dead: Floats) -> NDArray[np.bool_]:
    """Which hidden layers, narrow ones left out, have ``MOSTLY`` dead units; dead ``(layers,)``:
    their shares."""
    hidden = [place for place in weighted(evidence)[:-1] if not is_narrow(evidence, place)]
    return np.asarray(np.nan_to_num(dead)[hidden] >= MOSTLY)


def stepped(evidence: Evidence) -> bool:
    """Whether a hidden layer ends in a step, which passes no gradient."""
    network = () if evidence.recipe is None else evidence.recipe.network or ()
    return any(activation_of(layer) == "step" for layer in network[:-1])


def units(evidence: Evidence, place: int) -> int | None:
    """Units of a layer; None without a recipe."""
    recipe, shape = evidence.recipe, evidence.input_shape
    if recipe is None or recipe.network is None or shape is None:
        return None
    return shapes(recipe.network, shape)[place + 1][-1]


def is_narrow(evidence: Evidence, place: int) -> bool:
    """Whether a layer is known to have fewer than ``FEWEST_UNITS``."""
    found = units(evidence, place)
    return found is not None and found < FEWEST_UNITS


def layer_words(evidence: Evidence, place: int) -> str:
    """A layer in words."""
    return "" if evidence.vitals is None else evidence.vitals.layers[place]


@dataclass(frozen=True, eq=False)
class Passage:
    """What one training tells about the passage through its layers."""

    evidence: Evidence

    @cached_property
    def places(self) -> list[int]:
        """The layers that are compared, from the input to the output."""
        return weighted(self.evidence)

    @cached_property
    def pulls(self) -> Floats:
        """Pull of each of these layers after each epoch ``(epochs, layers)``."""
        vitals = self.evidence.vitals
        if vitals is None:
            return np.zeros((0, len(self.places)))
        found: Floats = (vitals["gradient_norm"] * vitals["weight_norm"])[:, self.places]
        return found

    @cached_property
    def first_pulls(self) -> Floats:
        """The same at the first weights, or after the first epoch where these can't be looked at
        again."""
        if self.evidence.examination is not None:
            initial = self.evidence.examination.initial
            found: Floats = (initial["gradient_norm"] * initial["weight_norm"])[self.places]
            return found
        return self.pulls[0] if len(self.pulls) else np.full(len(self.places), np.nan)

    @cached_property
    def shares(self) -> Floats:
        """Pull of the first layer over that of the last, after each epoch ``(epochs,)``."""
        return _share(self.pulls)

    @cached_property
    def first_share(self) -> float:
        """The same at the first weights; NaN where the last layer has no gradient either."""
        return float(_share(self.first_pulls[None])[0])

    def a_layer(self, share: float) -> float:
        """The factor from one layer to the one below that makes ``share`` from last to first."""
        return float(share ** (1 / max(1, len(self.places) - 1)))

    @cached_property
    def strength(self) -> float:
        """The strongest pull at the first weights, in losses of a network that answers 0.

        Of the order of 1 where the outputs start at the size of what the loss compares them with.
        NaN without an examination.
        """
        if self.evidence.examination is None:
            return float("nan")
        blank = self.evidence.examination.initial.blank_loss
        pulls = self.first_pulls
        if not len(pulls) or np.isnan(pulls).all():
            return float("nan")
        return float(np.nanmax(pulls) / max(blank, 1e-12))


def _share(pulls: Floats) -> Floats:
    """First over last column; NaN where that can't be told, or there are fewer than two."""
    if pulls.shape[1] < 2:
        return np.full(len(pulls), np.nan)
    first, last = pulls[:, 0], pulls[:, -1]
    known = np.isfinite(first) & np.isfinite(last) & (last > 0)
    return np.where(known, first / np.where(known, last, 1.0), np.nan)
