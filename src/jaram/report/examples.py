"""What a run keeps of single examples, read for the report: whole as it was written, or not at all.

A page that meets a picture without pixels would draw nothing after it, so everything is looked at
before it is handed on.
"""

from __future__ import annotations

import math
from base64 import b64decode
from typing import Any

Table = dict[str, Any]


def sound_examples(told: Table) -> Table:
    """``told`` of ``examples.json`` if the page and the figures can draw it, else an empty one."""
    kinds = {"pictures": _pictures, "text": _text, "series": _series, "forecast": _forecast}
    is_sound = kinds.get(str(told.get("kind")))
    listed = told.get("examples")
    tables = isinstance(listed, list) and all(isinstance(one, dict) for one in listed)
    return told if is_sound is not None and tables and is_sound(told) else {}


def sound_augmented(told: Table) -> Table:
    """The same of ``augmented.json``."""
    lines = told.get("pictures")
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        return {}
    is_sound = all(_is_pixels(line.get("picture")) and _each(line.get("changed")) for line in lines)
    names = told.get("augment")
    return told if is_sound and isinstance(names, list) else {}


def _pictures(told: Table) -> bool:
    shown = (_is_pixels(one.get(name)) for one in told["examples"] for name in _BOTH)
    parts = [told[name] for name in ("filters", "maps") if name in told]
    lists = (isinstance(part, dict) and _each(part.get("pictures")) for part in parts)
    return (
        all(shown)
        and all(lists)
        and ("maps" not in told or _is_pixels(told["maps"].get("picture")))
    )


_BOTH = ("picture", "saliency")


def _text(told: Table) -> bool:
    return isinstance(told.get("between"), str) and all(
        isinstance(one.get("units"), list) and all(map(_is_unit, one["units"]))
        for one in told["examples"]
    )


def _is_unit(pair: object) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and _are_numbers(pair[1:])
    )


def _series(told: Table) -> bool:
    return all(
        isinstance(one.get("lines"), list)
        and all(_are_numbers(line) for line in one["lines"])
        and len({len(line) for line in one["lines"]}) == 1
        for one in told["examples"]
    )


def _forecast(told: Table) -> bool:
    errors, interval = told.get("errors"), told.get("interval", {})
    if not isinstance(errors, dict) or not all(map(_are_numbers, errors.values())):
        return False
    return isinstance(interval, dict) and all(map(_is_forecast, told["examples"]))


def _is_forecast(one: Table) -> bool:
    ahead = [one[name] for name in _AHEAD if name in one]
    return (
        {"past", "true", "predicted"} <= one.keys()
        and all(map(_are_numbers, [one["past"], *ahead]))
        and len({len(values) for values in ahead}) == 1
    )


_AHEAD = ("true", "predicted", "low", "high", "naive", "seasonal_naive")


def _are_numbers(values: object) -> bool:
    """Whether it is a list of numbers, which are None where they were not finite."""
    return isinstance(values, list) and all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        for value in values
    )


def _each(pictures: Any) -> bool:
    return isinstance(pictures, list) and all(map(_is_pixels, pictures))


def _is_pixels(told: Any) -> bool:
    """Whether it is a picture as :func:`jaram.insight.pixels.pixels_of` makes them; told without
    NumPy, which a report does not need."""
    if not isinstance(told, dict):
        return False
    shape: list[Any] = [told.get(name) for name in ("height", "width", "channels")]
    if not all(type(size) is int and size > 0 for size in shape) or shape[2] not in (1, 3):
        return False
    try:
        return bool(len(b64decode(told["bytes"], validate=True)) == math.prod(shape))
    except (KeyError, TypeError, ValueError):
        return False
