"""Ctrl-C that waits for what must be done whole.

Python raises KeyboardInterrupt between any two instructions: also between the line that appends to
a history and the one that takes note of the state it belongs to.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held_back() -> Iterator[None]:
    """Do the block whole; a Ctrl-C that comes meanwhile is heard at its end.

    Only the main thread hears Ctrl-C, so that elsewhere there is nothing to hold back. It costs
    two microseconds.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    heard: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if heard:
            before(*heard[0])
