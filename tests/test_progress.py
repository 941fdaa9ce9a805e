"""The live line: what it shows, how rarely it draws, when it is silent."""

from __future__ import annotations

import io
import math

import pytest

from jaram.messages import set_language
from jaram.progress import EpochReport, LiveLine, Silent, duration, live, sparkline


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def report(epoch: int, epochs: int = 100, loss: float = 1.0, seconds: float = 0.0) -> EpochReport:
    row = {"train/loss": loss, "valid/loss": loss, "valid/accuracy": 0.5, "learning_rate": 0.01}
    return EpochReport(epoch, epochs, seconds or float(epoch), row)


@pytest.fixture(autouse=True)
def _in_english() -> object:
    set_language("en")
    yield
    set_language(None)


def test_it_draws_ten_times_a_second_at_most() -> None:
    stream, now = Terminal(), 0.0
    line = LiveLine(stream, clock=lambda: now)
    for epoch in range(1, 1001):
        now = epoch * 0.001
        line(report(epoch, 1000))
    assert stream.getvalue().count("\r") == 10
    line.close()
    assert "epoch 1000/1000" in stream.getvalue()
    assert stream.getvalue().endswith("\n")


def test_it_shows_losses_metric_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    stream, now = Terminal(), 0.0
    line = LiveLine(stream, clock=lambda: now)
    line(report(1, 100, seconds=5.0))  # with compilation: must not count in the time left
    now = 1.0
    line(report(51, 100, loss=0.25, seconds=10.0))
    last = stream.getvalue().rpartition("\r")[2]
    for part in ("epoch 51/100", "loss 0.25", "valid 0.25", "valid/accuracy 0.500", "rate 0.01"):
        assert part in last
    assert "≤ 4.9 s left" in last


def test_it_never_wraps_and_leaves_no_rest_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream, now = Terminal(), 0.0
    line = LiveLine(stream, clock=lambda: now)
    for step, loss in enumerate((1234567.0, 0.5)):
        now = float(step)
        line(report(step + 1, loss=loss))
    drawn = stream.getvalue().split("\r")[1:]
    assert all(len(text) < 40 for text in drawn)
    assert len(drawn[1]) >= len(drawn[0].rstrip())


def test_it_is_silent_without_a_watcher() -> None:
    assert isinstance(live(stream=io.StringIO()), Silent)
    assert isinstance(live(quiet=True, stream=Terminal()), Silent)
    assert isinstance(live(stream=Terminal()), LiveLine)


def test_a_terminal_that_goes_away_does_not_stop_the_training() -> None:
    stream = Terminal()
    line = LiveLine(stream)
    stream.close()
    line(report(1))
    line.close()


def test_a_diverged_training_is_drawn() -> None:
    stream = Terminal()
    line = LiveLine(stream)
    line(report(1, loss=math.nan))
    line(EpochReport(2, 10, 1.0, {}))
    line.close()
    assert "epoch 2/10" in stream.getvalue()


def test_curves_and_durations() -> None:
    assert sparkline([0.0, 7.0], 4) == "▁█  "
    assert sparkline([1000.0, 31.6, 1.0], 3) == "█▄▁"  # logarithmic
    assert sparkline([1.0, 1.0], 2) == "▁▁"
    assert sparkline([math.nan, 1.0], 2) == " ▁"
    assert len(sparkline(list(range(1000)), 16)) == 16
    assert duration(0.44) == "0.4 s"
    assert duration(65) == "1:05"
    assert duration(3725) == "1:02:05"
