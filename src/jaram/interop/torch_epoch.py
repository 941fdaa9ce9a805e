"""What a watcher kept of an epoch, as numbers.

While the training runs only tensors are kept, so that nothing waits for an accelerator and nothing
is computed that may never be asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from jaram.doctor.evidence import Floats
from jaram.interop.torch_layers import Taken
from jaram.training.probe import PROBE_ROWS, VITAL_SIGNS

NORMS = ("gradient_norm", "weight_norm", "update_ratio")
"""Signs that are norms over all arrays of a layer together."""


@dataclass(frozen=True, eq=False)
class Signs:
    """The vital signs of one step.

    places: of each of the ``values``, its layer and sign. dead: for some minibatches, the last
    being that of the step, their rows and which units had no slope on any of them; the units are
    those of the layers in ``dead_units``, one layer after another.
    """

    places: tuple[tuple[int, str], ...]
    values: torch.Tensor
    dead_units: tuple[tuple[int, int], ...] = ()
    dead: tuple[tuple[int, torch.Tensor], ...] = ()

    @property
    def needs_rows(self) -> bool:
        """Whether units can die but too few rows were seen to tell."""
        return bool(self.dead) and sum(rows for rows, _ in self.dead) < PROBE_ROWS

    def table(self, layers: int, *, is_all_rows: bool) -> NDArray[np.float32]:
        """``(layers, signs)``.

        is_all_rows: whether the minibatch is all there is. Else the share of dead units is unknown
        until ``PROBE_ROWS`` rows were seen: few rows leave many units of a healthy network silent.
        """
        found: list[dict[str, float]] = [{} for _ in range(layers)]
        for (layer, sign), value in zip(self.places, self.values.tolist(), strict=True):
            so_far = found[layer].get(sign, 0.0)
            found[layer][sign] = math.hypot(so_far, value) if sign in NORMS else value
        for signs in found:
            if "weight_norm" in signs:  # else nothing in the layer is trained
                change = signs.get("update_ratio", 0.0)
                signs["update_ratio"] = change / max(signs["weight_norm"], 1e-12)
                signs.setdefault("gradient_norm", 0.0)
        if self.dead and (is_all_rows or not self.needs_rows):
            dead = torch.stack([mask for _, mask in self.dead]).all(dim=0).tolist()
            for layer, units in self.dead_units:
                found[layer]["dead"] = sum(dead[:units]) / units
                del dead[:units]
        rows = [[signs.get(name, math.nan) for name in VITAL_SIGNS] for signs in found]
        return np.array(rows, np.float32).reshape(layers, len(VITAL_SIGNS))


def signs_of(
    taken: list[Taken], rows: int, dead: list[tuple[int, torch.Tensor]], before: Signs | None
) -> Signs:
    """The signs of a step.

    rows: of its minibatch. dead: by layer, which units had no slope on any row. before: the signs
    taken before, whose minibatches are added until they make up ``PROBE_ROWS`` rows.
    """
    units = tuple((layer, len(mask)) for layer, mask in dead)
    masks: list[tuple[int, torch.Tensor]] = []
    if dead and rows:
        device = dead[0][1].device
        masks = [(rows, torch.cat([mask.to(device) for _, mask in dead]))]
        for older in reversed(before.dead if before and before.dead_units == units else ()):
            if sum(count for count, _ in masks) >= PROBE_ROWS:
                break
            masks.insert(0, older)
    places = tuple((layer, sign) for layer, sign, _ in taken)
    return Signs(places, stack([value for _, _, value in taken]), units, tuple(masks))


@dataclass(frozen=True, eq=False)
class Epoch:
    """One epoch. losses: of its steps, as numbers or as tensors of some of them each. rate: as the
    optimizer holds it. signs: the latest taken."""

    train_loss: float | None
    valid_loss: float | None
    train_score: float | None
    valid_score: float | None
    losses: tuple[Sequence[float] | torch.Tensor, ...]
    rate: float | torch.Tensor
    signs: Signs | None

    @cached_property
    def steps(self) -> Floats:
        """The loss of each step."""
        lists = [one.tolist() if isinstance(one, torch.Tensor) else one for one in self.losses]
        return np.array([loss for some in lists for loss in some], np.float64)

    @cached_property
    def mean_loss(self) -> float | None:
        """The training loss: the one given, else the mean of the steps'."""
        if self.train_loss is not None or not len(self.steps):
            return self.train_loss
        with np.errstate(invalid="ignore"):  # infinities of both signs
            return float(self.steps.mean())

    def table(self, layers: int) -> NDArray[np.float32]:
        """``(layers, signs)``, the vital signs."""
        if self.signs is None:
            return np.full((layers, len(VITAL_SIGNS)), np.nan, np.float32)
        return self.signs.table(layers, is_all_rows=len(self.steps) == 1)


def stack(tensors: list[torch.Tensor]) -> torch.Tensor:
    """Scalars as one tensor on the device of the first."""
    first = tensors[0]
    if any(one.dtype != first.dtype or one.device != first.device for one in tensors):
        tensors = [one.to(device=first.device, dtype=torch.float32) for one in tensors]
    return torch.stack(tensors)
