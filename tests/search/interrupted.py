"""Searches that somebody stops between two rounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jaram.searches.loop import Loop


def interrupted(monkeypatch: pytest.MonkeyPatch, rounds: int, search: Callable[[], Any]) -> None:
    """``search``, stopped by Ctrl-C after ``rounds`` rounds."""
    kept, calls = Loop.make_room, iter(range(rounds - 1))

    def interrupt(loop: Loop) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        kept(loop)

    with monkeypatch.context() as patched:
        patched.setattr(Loop, "make_room", interrupt)
        with pytest.raises(KeyboardInterrupt):
            search()
