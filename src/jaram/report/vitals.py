"""Vital signs by layer, arranged as curves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jaram.report.evidence import Series, Table, finite, thinned

SIGNS = (
    "gradient_norm",
    "update_ratio",
    "activation_std",
    "dead",
    "saturated",
    "weight_norm",
    "activation_mean",
)
"""The vital signs in the order in which they are read."""

SHARES = ("dead", "saturated")
"""Those that are shares of units, in [0, 1]."""


@dataclass(frozen=True)
class Vitals:
    """``signs[sign][i]`` is the curve of that sign of ``layers[i]``, one value per ``epochs``.

    ``numbers[i]`` is the place of that layer in the network, counted from 1.
    A sign that no layer has is left out; a layer without a sign has a curve of None.
    """

    epochs: list[float]
    layers: list[str]
    numbers: list[int]
    signs: dict[str, list[Series]]


def arrange(lines: Iterable[Table]) -> Vitals:
    """The curves in the lines of vitals.jsonl."""
    found: dict[tuple[float, int], Table] = {}
    names: dict[int, str] = {}
    for line in lines:
        epoch, layer = finite(line.get("epoch")), line.get("layer")
        if epoch is not None and isinstance(layer, int):
            found[epoch, layer] = line
            names[layer] = str(line.get("name", layer + 1))
    every = sorted({epoch for epoch, _ in found})
    epochs = [every[place] for place in thinned(len(every))]
    layers = sorted(names)
    signs = {}
    for sign in SIGNS:
        curves = [
            [finite(found.get((epoch, layer), {}).get(sign)) for epoch in epochs]
            for layer in layers
        ]
        if any(value is not None for curve in curves for value in curve):
            signs[sign] = curves
    return Vitals(
        epochs, [names[layer] for layer in layers], [layer + 1 for layer in layers], signs
    )
