"""The chronicle: what a member's training left behind, epoch by epoch, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jaram.training.probe import VITAL_SIGNS
from jaram.training.state import Advance

PARTS = ("train", "valid")
IN_TARGET_UNITS = ("rmse", "mae")


class Chronicle(NamedTuple):
    """Epochs of one member.

    columns: ``(epochs,)`` float64 each: epoch (from 1), seconds (since the start), learning_rate
    (of the epoch's last step), then ``train/…`` and ``valid/…`` metrics. vitals: ``(epochs, layers,
    signs)`` float32, in the order of ``VITAL_SIGNS``. steps: ``(epochs * steps_per_epoch,)``
    float32, the loss of each step.
    """

    columns: dict[str, NDArray[np.float64]]
    vitals: NDArray[np.float32]
    steps: NDArray[np.float32]

    @property
    def epochs(self) -> int:
        return len(self.columns["epoch"])

    def rows(self) -> list[dict[str, float | int | None]]:
        """One table row per epoch; None for what is not finite."""
        names = list(self.columns)
        rows = zip(*(self.columns[name].tolist() for name in names), strict=True)
        return [
            {
                name: int(value) if name == "epoch" else (value if np.isfinite(value) else None)
                for name, value in zip(names, row, strict=True)
            }
            for row in rows
        ]

    def vital_rows(self, layers: Sequence[str]) -> list[dict[str, Any]]:
        """One table row per epoch and layer; None where a layer has no such sign."""
        first = int(self.columns["epoch"][0]) if self.epochs else 1
        return [
            {"epoch": first + index, "layer": layer, "name": layers[layer]}
            | {
                sign: value if np.isfinite(value) else None
                for sign, value in zip(VITAL_SIGNS, signs, strict=True)
            }
            for index, epoch in enumerate(self.vitals.tolist())
            for layer, signs in enumerate(epoch)
        ]

    def until(self, epoch: int, steps_per_epoch: int) -> Chronicle:
        """The first ``epoch`` epochs. Of those after them the parts may hold unequally many."""
        return Chronicle(
            {name: values[:epoch] for name, values in self.columns.items()},
            self.vitals[:epoch],
            self.steps[: epoch * steps_per_epoch],
        )


def of_member(
    advance: Advance,
    member: int,
    started: float,
    names: Sequence[str],
    target_scale: float = 1.0,
) -> Chronicle:
    """What ``advance`` added for ``member``, whose clock stood at ``started`` seconds before it.

    ``names`` are those of the metrics. Errors in the target's unit are scaled back by
    ``target_scale``. Epochs after the member stopped are left out.
    """
    records = advance.records
    done = int(np.asarray(advance.state.epoch)[member]) - advance.first
    count = max(0, min(advance.epochs, done))
    columns: dict[str, NDArray[np.float64]] = {
        "epoch": advance.first + 1 + np.arange(count, dtype=np.float64),
        "seconds": started + advance.seconds * (1 + np.arange(count)) / advance.epochs,
        "learning_rate": _column(records.learning_rate, member, count),
    }
    metrics = np.asarray(records.metrics)  # (members, epochs, parts, names)
    for part in range(metrics.shape[2]):
        for index, name in enumerate(names):
            unit = target_scale if name in IN_TARGET_UNITS else 1.0
            column = _column(metrics[:, :, part, index], member, count)
            columns[f"{PARTS[part]}/{name}"] = column * unit
    return Chronicle(
        columns,
        np.asarray(records.vitals)[member, :count],
        np.asarray(records.losses)[member, :count].reshape(-1),
    )


def join(parts: Sequence[Chronicle]) -> Chronicle:
    """Chronicles one after another as one; they have the same columns."""
    if len(parts) == 1:
        return parts[0]
    return Chronicle(
        {name: np.concatenate([p.columns[name] for p in parts]) for name in parts[0].columns},
        np.concatenate([p.vitals for p in parts]),
        np.concatenate([p.steps for p in parts]),
    )


def _column(values: Any, member: int, count: int) -> NDArray[np.float64]:
    return np.asarray(values)[member, :count].astype(np.float64)
