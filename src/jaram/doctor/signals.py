"""What a curve tells: pure measures of one loss curve, none of which knows its unit.

A curve is a float array ``(epochs,)``, lower is better. Every measure is a share of the curve's own
progress, of its own length or of its own noise, so that it stays what it is when the loss is
multiplied by a constant or a training of the same shape takes more epochs. *Progress* is what the
loss fell by, from where it began to its lowest level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOW = 0.1
"""Share of a curve that one level is averaged over: long enough to calm the noise of an epoch,
short enough that a healthy course changes little within it."""


def finite(curve: Floats) -> Floats:
    """The curve before its first value that is not finite."""
    broken = np.flatnonzero(~np.isfinite(curve))
    return curve[: broken[0]] if broken.size else curve


def noise(curve: Floats) -> float:
    """Standard deviation of single values around the smooth course of the curve.

    From second differences, in which a straight line does not appear and whose deviation is √6
    times that of independent noise; by their median, which a few jumps do not move. 0 for a
    curve of less than four values.
    """
    if len(curve) < 4:
        return 0.0
    return float(1.4826 * np.median(np.abs(np.diff(curve, 2))) / 6**0.5)


def level(curve: Floats, at: float) -> float:
    """Mean of the curve around the share ``at`` of its length: 0 the first value, 1 the end."""
    width = max(1, round(WINDOW * len(curve)))
    first = round(at * (len(curve) - width))
    return float(np.mean(curve[first : first + width]))


def smooth(curve: Floats) -> Floats:
    """The running mean over :data:`WINDOW` of a curve that is not empty,
    ``(epochs − width + 1,)``."""
    width = max(1, round(WINDOW * len(curve)))
    sums = np.cumsum(np.concatenate([[0.0], curve]))
    means: Floats = (sums[width:] - sums[:-width]) / width
    return means


def lowest(curve: Floats) -> float:
    """The lowest level the curve came to; infinite for an empty one."""
    return float(smooth(curve).min()) if len(curve) else float("inf")


def restlessness(curve: Floats) -> float:
    """What the curve moves by from one value to the next in its second half, as a share of what is
    left of it there."""
    half = curve[len(curve) // 2 :]
    if len(half) < 2 or half.mean() <= 0:
        return 0.0
    return float(np.mean(np.abs(np.diff(half))) / half.mean())


def progress(curve: Floats, start: float) -> float:
    """What the loss fell by, from ``start`` to its lowest level; 0 if that is a rounding error."""
    made = start - lowest(curve)
    return made if made > 1e-9 * abs(start) else 0.0


def last_doubling(curve: Floats, start: float) -> float:
    """Share of all progress that was made in the second half of the training.

    0 for a finished course, about 0.5 for a straight line, more where learning speeds up; negative
    where the second half lost ground. A course that goes on like log(epochs) would gain as much
    again by another doubling, a straight line twice as much.
    """
    made = progress(curve, start)
    if made <= 0 or len(curve) < 2:
        return 0.0
    return (level(curve, 0.5) - level(curve, 1.0)) / made


def straightness(curve: Floats) -> float:
    """Slope of the last third over that of the first third: 1 for a straight line, 0 for a course
    that has flattened. 0 where the first third does not fall."""
    third = len(curve) // 3
    if third < 2:
        return 0.0
    end = len(curve) - 2  # one off the edges, so that both sides of a place are there
    first = _around(curve, 1) - _around(curve, 1 + third)
    last = _around(curve, end - third) - _around(curve, end)
    return last / first if first > 1e-6 * float(np.ptp(curve)) else 0.0


def _around(curve: Floats, place: int) -> float:
    """Mean of the three values around ``place``."""
    return float(np.mean(curve[place - 1 : place + 2]))


def linearity(curve: Floats) -> float:
    """R² of a straight line through the curve; 0 for a constant one."""
    if len(curve) < 3 or np.ptp(curve) == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(curve)), curve)[0, 1] ** 2)


def swing_width(curve: Floats) -> float:
    """Width of the swings in the second half, in the curve's unit: that of four in five values
    around a straight line or around the nearest course that never rises, whichever is closer.

    So neither a steady rise nor a fall of any shape is a swing, and no single jump is.
    """
    half = curve[len(curve) // 2 :]
    if len(half) < 3:
        return 0.0
    places = np.arange(len(half)) - (len(half) - 1) / 2
    calm = _without_lone_values(half)
    line = calm.mean() + float(places @ calm / (places @ places)) * places
    return min(_width(half - course) for course in (line, never_rising(calm)))


def _without_lone_values(curve: Floats) -> Floats:
    """The running median of three; the ends as they are."""
    inner = np.median(np.stack([curve[:-2], curve[1:-1], curve[2:]]), axis=0)
    return np.concatenate([curve[:1], inner, curve[-1:]])


def _width(around: Floats) -> float:
    """What four in five values lie within, as four standard deviations of a normal distribution."""
    low, high = np.quantile(around, [0.1, 0.9])
    return float(high - low) * 4 / 2.563


def never_rising(curve: Floats) -> Floats:
    """The course nearest to the curve in squares that never rises (pool adjacent violators; Barlow
    et al., 1972)."""
    means: list[float] = []
    counts: list[int] = []
    for value in curve:
        means.append(float(value))
        counts.append(1)
        while len(means) > 1 and means[-2] < means[-1]:
            mean, count = means.pop(), counts.pop()
            means[-1] = (means[-1] * counts[-1] + mean * count) / (counts[-1] + count)
            counts[-1] += count
    return np.repeat(means, counts)


def rise(curve: Floats) -> float:
    """What the loss rose by from its lowest level to the end, in the curve's unit."""
    if not len(curve):
        return 0.0
    return max(0.0, level(curve, 1.0) - lowest(curve))


def settled(curve: Floats, start: float, within: float = 0.05) -> float:
    """Share of the training after which the loss stayed within ``within`` of all progress above its
    lowest level, or first came there: 1 where that happened at the end only."""
    near = lowest(curve) + within * progress(curve, start)
    there = np.flatnonzero(curve <= near + 1e-9 * abs(near))  # sums of the running mean round
    return float((there[0] + 1) / len(curve)) if there.size else 1.0


def jumps(curve: Floats, least: float, of_noise: float) -> NDArray[np.int64]:
    """Places of the values that stand higher than the one before by more than ``least``, and by
    more than ``of_noise`` standard deviations of the noise."""
    return np.flatnonzero(np.diff(curve) > max(of_noise * noise(curve), least)) + 1
