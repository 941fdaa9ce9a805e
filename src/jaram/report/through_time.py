"""The gradient through time, arranged as curves."""

from __future__ import annotations

from dataclasses import dataclass

from jaram.report.evidence import Series, Table, finite, rows, thinned


@dataclass(frozen=True)
class Heard:
    """Of one recurrent layer: its place in the network, counted from 1, and its name.

    ``steps``: where each value stands, 0 for the last step and −1 for the one before. ``first``,
    ``best``: the gradient's norm before the training and at the best epoch.
    """

    number: int
    name: str
    steps: list[int]
    first: Series
    best: Series


def arrange_through_time(told: Table) -> tuple[Heard, ...]:
    """The curves in through_time.json; without the layers that are not as they were written."""
    return tuple(heard for line in rows(told.get("layers")) if (heard := _heard(line)) is not None)


def _heard(line: Table) -> Heard | None:
    layer, first, best = line.get("layer"), line.get("first"), line.get("best")
    if type(layer) is not int or not isinstance(first, list) or not isinstance(best, list):
        return None
    if len(first) != len(best) or not first:
        return None
    places = thinned(len(first))
    return Heard(
        layer + 1,
        str(line.get("name", layer + 1)),
        [place - len(first) + 1 for place in places],
        [finite(first[place]) for place in places],
        [finite(best[place]) for place in places],
    )
