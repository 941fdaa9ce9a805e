"""Several trainings at once, a thread each.

Compiling is most of a small training's time, and neither compiling nor training holds Python's
lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST_THREADS = 4
"""Compilations at once, each of which takes some hundred MB for a moment."""

WAKE_SECONDS = 0.1
"""How often the waiting thread looks up."""

IsLate = Callable[[], bool]


def abreast(
    work: Callable[[T, IsLate], R], items: Sequence[T], is_late: IsLate = lambda: False
) -> list[R]:
    """What ``work`` gives for each item, in their order.

    It is handed a function that says when to come to an end: when it is late, or when another has
    failed or the user has interrupted; that is raised when all have ended.
    """
    halt = threading.Event()
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(min(cores, MOST_THREADS, max(1, len(items)))) as pool:
        futures = [pool.submit(work, item, lambda: halt.is_set() or is_late()) for item in items]
        try:
            pending = set(futures)
            while pending:  # a wait without an end may not hear Ctrl-C
                done, pending = wait(pending, WAKE_SECONDS, FIRST_EXCEPTION)
                for future in done:
                    future.result()
            return [future.result() for future in futures]
        except BaseException:
            halt.set()
            for future in futures:
                future.cancel()
            raise
