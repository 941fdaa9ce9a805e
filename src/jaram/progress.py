"""Live progress of a training: one line that rewrites itself, drawn with plain characters.

The engine calls a :class:`Progress` with an :class:`EpochReport` after every epoch and ``close()``
at the end; it never waits for it. Drawing is limited by time, not by epochs, so that a training of
ten thousand one-millisecond epochs is not slowed down by watching it: a call that draws nothing
costs about a microsecond.
"""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, TextIO

from jaram.messages import text
from jaram.messages.width import width

SECONDS_BETWEEN_DRAWINGS = 0.1
CURVE_WIDTH = 16
BARS = "▁▂▃▄▅▆▇█"
"""What curves are drawn with."""
_MEMORY = 512  # points kept of the curve; past that every second one is dropped


class EpochReport(NamedTuple):
    """What is known after an epoch.

    epoch: epochs done, from 1. epochs: epochs asked for.
    seconds: since the training began, compilation included.
    row: the epoch's line of the history, by column name ("train/loss", "valid/accuracy",
        "learning_rate"); of the member that is best so far if there are several.
    members: networks trained together.
    best_epoch: the epoch with the best weights so far, from 1; 0 if not known.
    """

    epoch: int
    epochs: int
    seconds: float
    row: Mapping[str, float]
    members: int = 1
    best_epoch: int = 0


class Progress(Protocol):
    """Somebody who watches a training."""

    def __call__(self, report: EpochReport) -> None:
        """Take note of an epoch."""

    def close(self) -> None:
        """The training has ended, however it ended."""


class Silent:
    """Watches and says nothing."""

    def __call__(self, report: EpochReport) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class LiveLine:
    """One line on ``stream``, rewritten at most ten times a second with a carriage return.

    No escape sequences: the line looks the same on a terminal, in a notebook and on Windows. On a
    terminal whose encoding has no block characters the curve is left out.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream: TextIO | None = stream
        self._clock = clock
        self._drawn_at = -math.inf
        self._shown_width = 0
        self._losses: list[float] = []
        self._keep_every = 1
        self._first: EpochReport | None = None
        self._last: EpochReport | None = None
        self._has_bars = can_print(BARS, stream)

    def __call__(self, report: EpochReport) -> None:
        """Take note of an epoch, and redraw if a tenth of a second has passed."""
        if self._first is None:
            self._first = report
        self._last = report
        self._remember(report)
        now = self._clock()
        if now - self._drawn_at >= SECONDS_BETWEEN_DRAWINGS:
            self._drawn_at = now
            self._draw(report)

    def close(self) -> None:
        """Draw the last epoch and end the line."""
        if self._last is not None:
            self._draw(self._last)
            self._write("\n")
            self._last = None

    def _remember(self, report: EpochReport) -> None:
        if report.epoch % self._keep_every:
            return
        self._losses.append(_shown_loss(report.row))
        if len(self._losses) >= _MEMORY:
            self._losses = self._losses[1::2]
            self._keep_every *= 2

    def _draw(self, report: EpochReport) -> None:
        assert self._first is not None
        columns = shutil.get_terminal_size().columns
        parts = line_parts(report, self._first)
        if self._has_bars:
            parts.insert(1, sparkline(self._losses, CURVE_WIDTH))
        line = "  ".join(parts)
        while width(line) >= columns and len(parts) > 2:  # narrow terminal: drop from the end
            parts.pop()
            line = "  ".join(parts)
        blank = " " * max(0, self._shown_width - width(line))
        self._shown_width = width(line)
        self._write(f"\r{line}{blank}")

    def _write(self, characters: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(characters)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal has gone: training goes on without a watcher
            self._stream = None


def live(quiet: bool = False, stream: TextIO | None = None) -> Progress:
    """A live line on ``stream`` (default: standard error) if a person can watch, else silence."""
    stream = sys.stderr if stream is None else stream
    if quiet or stream is None or not (_is_terminal(stream) or _is_notebook(stream)):
        return Silent()
    return LiveLine(stream)


def line_parts(report: EpochReport, first: EpochReport) -> list[str]:
    """The parts of the line, most important first.

    The time left is extrapolated from the epochs after ``first``, so that the compilation, which
    happens once, is not multiplied; early stopping may make it shorter.
    """
    row = report.row
    parts = [text("progress.epoch", epoch=report.epoch, epochs=report.epochs)]
    for part in ("train", "valid"):
        loss = row.get(f"{part}/loss")
        if loss is not None:
            parts.append(text(f"progress.{part}_loss", loss=f"{loss:.4g}"))
    metric = next(
        (name for name in row if name.startswith("valid/") and name != "valid/loss"), None
    )
    if metric is not None and row[metric] is not None:
        parts.append(f"{metric} {row[metric]:.3f}")
    done_since = report.epoch - first.epoch
    if 0 < report.epoch < report.epochs and done_since > 0:
        per_epoch = (report.seconds - first.seconds) / done_since
        left = per_epoch * (report.epochs - report.epoch)
        parts.append(text("progress.time_left", time=duration(left)))
    else:
        parts.append(duration(report.seconds))
    if row.get("learning_rate") is not None:
        parts.append(text("progress.learning_rate", rate=f"{row['learning_rate']:.3g}"))
    if report.members > 1:
        parts.append(text("progress.members", members=report.members))
    return parts


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3:05``, ``2:03:05``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def sparkline(values: list[float], size: int) -> str:
    """``values`` as at most ``size`` bars; a value that is not finite is a blank.

    Values that span more than a power of ten are drawn on a logarithmic scale, as losses that fall
    by orders of magnitude would otherwise be one high bar and many low ones.
    """
    if len(values) > size:
        values = [values[(index + 1) * len(values) // size - 1] for index in range(size)]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return " " * size
    if min(finite) > 0 and max(finite) > 10 * min(finite):
        values = [math.log(value) if math.isfinite(value) else value for value in values]
        finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite), max(finite)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    bars = (BARS[round((value - low) * scale)] if math.isfinite(value) else " " for value in values)
    return "".join(bars).ljust(size)


def _shown_loss(row: Mapping[str, float]) -> float:
    loss = row.get("valid/loss", row.get("train/loss"))
    return math.nan if loss is None else float(loss)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _is_notebook(stream: TextIO) -> bool:
    return type(stream).__module__.startswith("ipykernel")


def can_print(characters: str, stream: TextIO) -> bool:
    """Whether ``stream``'s encoding has ``characters``."""
    try:
        characters.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
