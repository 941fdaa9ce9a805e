"""Files of series in the ``.ts`` format of the UCR/UEA archive, timeseriesclassification.com.

Lines that begin with ``#`` are remarks, with ``@`` facts (``@classLabel true 1 2``, ``@data``).
Then every line is a series: its channels between colons, each a row of numbers between commas
(``?`` and ``NaN`` for what is missing), and after the last colon its class or, with
``@targetLabel``, a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.causes import cause
from jaram.data.files import check_file
from jaram.data.notices import shown
from jaram.data.text_sources import whole_text
from jaram.errors import DataError


@dataclass(frozen=True)
class TsFile:
    """Series (steps_i, channels) of float64, NaN where a number is missing, and their answers:
    text for classes, float64 for targets, None where the file has none."""

    series: tuple[NDArray[np.float64], ...]
    y: NDArray[Any] | None
    name: str


def is_ts(path: Path) -> bool:
    """Whether a file is called like one of series."""
    return path.suffix.lower() == ".ts"


def read_ts(path: Path) -> TsFile:
    """The series of a file; raises DataError naming the line that is not as it should be."""
    check_file(path)
    facts: dict[str, list[str]] = {}
    series: list[NDArray[np.float64]] = []
    labels: list[str] = []
    in_data = False
    for number, raw in enumerate(whole_text(path).splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith(("#", "%")):
            continue
        if not in_data:
            words = line.split()
            if not words[0].startswith("@"):
                raise DataError("data.ts_line", path=str(path), line=number, text=shown(line))
            facts[words[0].lower()] = words[1:]
            in_data = words[0].lower() == "@data"
            if facts.get("@timestamps", ["false"])[0].lower() == "true":
                raise DataError("data.ts_timestamps", path=str(path))
            continue
        parts = line.split(":")
        if _has_answers(facts):
            labels.append(parts.pop().strip())
        try:
            channels = [_numbers(part) for part in parts]
        except ValueError:
            raise DataError("data.ts_line", path=str(path), line=number, text=shown(line)) from None
        width = series[0].shape[1] if series else len(channels)
        if not channels or len(channels) != width:
            raise DataError(
                "data.ts_channels",
                path=str(path),
                line=number,
                got=len(channels),
                expected=width,
            )
        series.append(_joined(channels))
    if not series:
        raise DataError("data.ts_empty", path=str(path))
    name = " ".join(facts.get("@problemname", [path.stem]))
    return TsFile(tuple(series), _answers(facts, labels, path), name)


def _has_answers(facts: dict[str, list[str]]) -> bool:
    return any(facts.get(key, ["false"])[0].lower() == "true" for key in _ANSWERS)


_ANSWERS = ("@classlabel", "@targetlabel")


def _answers(facts: dict[str, list[str]], labels: list[str], path: Path) -> NDArray[Any] | None:
    if not labels:
        return None
    if facts.get("@targetlabel", ["false"])[0].lower() != "true":
        return np.asarray(labels, object)
    try:
        return np.asarray(labels, np.float64)
    except ValueError as error:
        raise DataError("data.unreadable", path=str(path), fault=cause(error)) from None


def _numbers(part: str) -> NDArray[np.float64]:
    words = part.strip().split(",") if part.strip() else []
    return np.asarray([np.nan if word.strip() == "?" else float(word) for word in words])


def _joined(channels: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Channels of unequal length side by side, the shorter ones with NaN after their end."""
    found = np.full((max(map(len, channels)), len(channels)), np.nan)
    for place, channel in enumerate(channels):
        found[: len(channel), place] = channel
    return found
