"""The colours of the pictures, the same as those of the page (``page/style.css``)."""

from __future__ import annotations

INK = "#1b1f24"
QUIET = "#6f7884"
TRAIN = "#7d8896"
VALID = "#1659c7"
TEST = "#b4530a"

LAYERS = ("#1b4fa8", "#7440b4", "#bd3a80", "#d4602c", "#b98a00")
"""From the first layer to the last, or from the smallest learning rate to the largest."""
SCORES = ("#e9edf2", "#a9c1e6", "#3f78cf", "#0d2f6e")
"""From a bad score to a good one."""


def layer_colours(count: int) -> list[str]:
    """A colour for each of ``count`` layers along one ramp, the first layer's at its blue end."""
    last = max(1, count - 1)
    return [_mix(index / last * (len(LAYERS) - 1)) for index in range(count)]


def _mix(place: float) -> str:
    """The colour at ``place`` between the stops ``floor(place)`` and the next."""
    first = min(int(place), len(LAYERS) - 2)
    share = place - first
    low, high = _channels(LAYERS[first]), _channels(LAYERS[first + 1])
    mixed = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))
