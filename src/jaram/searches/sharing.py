"""Which structures share a program: compiling once more against computing with padded members.

Both are estimated from constants, never measured on the way, so that the same search makes the same
programs, and the same numbers, on any day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jaram.network.activation import Activation
from jaram.network.dense import Dense
from jaram.network.network import Network
from jaram.searches.frames import frame_of
from jaram.training.planning import CORE_RATE

COMPILE_SECONDS = 2.0
"""What one more program of two to four layers costs: 1.1 s of processor time where it is compiled
quickly, 2.3 s where it is compiled well."""
STEP_SECONDS = 3e-6
"""What a step costs a member of a population beside its arithmetic."""
ELEMENT_SECONDS = 1.5e-9
"""What an activation costs forward and backward, for each value."""


def shared(
    networks: Sequence[Network],
    steps: Sequence[int],
    inputs: int,
    batch_size: int,
    most_seconds: float = math.inf,
) -> list[list[int]]:
    """Positions of the networks of each program, such that all of it is estimated to take least.

    networks: one of each structure, of one skeleton. steps: how many all members of each are to
    train, of which no more are counted than fit into ``most_seconds``. The networks are put in
    order of their size, and programs are runs of neighbours; the best cut into runs is found by
    dynamic programming, which costs the square of their number.
    """
    widths, options = _tables(networks)
    alone = _step_seconds(widths, options.sum(2), inputs, _outputs(networks[0]), batch_size)
    order = np.argsort(alone, kind="stable")
    widths, options = widths[order], options[order]
    total = np.asarray(steps, float)[order]
    wanted = float(total @ alone[order])
    total *= min(1.0, most_seconds / wanted) if wanted else 1.0
    best, begin = np.zeros(len(order) + 1), np.zeros(len(order) + 1, int)
    for end in range(1, len(order) + 1):
        back = slice(end - 1, None, -1)  # the runs that end here, from the shortest
        widest = np.maximum.accumulate(widths[back], axis=0)
        ways = np.maximum.accumulate(options[back], axis=0).sum(2)
        a_step = _step_seconds(widest, ways, inputs, _outputs(networks[0]), batch_size)
        cost = COMPILE_SECONDS + np.cumsum(total[back]) * a_step + best[back]
        place = int(np.argmin(cost))
        best[end], begin[end] = cost[place], end - 1 - place
    found: list[list[int]] = []
    end = len(order)
    while end:
        found.append(sorted(int(place) for place in order[begin[end] : end]))
        end = begin[end]
    return sorted(found)


def _outputs(network: Network) -> int:
    last = network[-1]
    assert isinstance(last, Dense)
    return last.units


def _tables(networks: Sequence[Network]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Units after each hidden layer with an activation ``(networks, layers)``, and which of the
    frame's activations it has ``(networks, layers, activations)``, 0 or 1."""
    spots = [place for place, spot in enumerate(frame_of(networks)) if spot is not None]
    kinds: dict[object, int] = {}
    widths = np.zeros((len(networks), len(spots)), np.int64)
    chosen = np.zeros(widths.shape, np.int64)
    for row, network in enumerate(networks):
        units = 0
        for column, place in enumerate(spots):
            layer = network[place]
            units = layer.units if isinstance(layer, Dense) else units
            widths[row, column] = units
            assert isinstance(layer, Dense | Activation)
            kind = type(layer.activation)
            chosen[row, column] = kinds.setdefault(kind, len(kinds))
    return widths, np.eye(max(1, len(kinds)), dtype=np.int64)[chosen]


def _step_seconds(
    widths: NDArray[np.int64],
    ways: NDArray[np.int64],
    inputs: int,
    outputs: int,
    batch_size: int,
) -> NDArray[np.float64]:
    """What a step of one member takes in each of some frames.

    widths ``(frames, layers)``; ways: how many activations are computed there.
    """
    count = len(widths)
    sizes = np.hstack([np.full((count, 1), inputs), widths, np.full((count, 1), outputs)])
    operations = (sizes[:, :-1] * sizes[:, 1:]).sum(1)
    elements = (widths * ways).sum(1)
    arithmetic = 6 * operations * batch_size / CORE_RATE
    seconds: NDArray[np.float64] = (
        STEP_SECONDS + arithmetic + elements * batch_size * ELEMENT_SECONDS
    )
    return seconds
