"""Several trainings at once: results in order, failures and Ctrl-C heard by all."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from jaram.training.abreast import IsLate, abreast


def until_late(item: int, is_late: IsLate) -> int:
    for _ in range(1000):
        if is_late():
            break
        time.sleep(0.01)
    return item


def test_results_stand_in_the_order_of_the_items() -> None:
    def slower_first(item: int, _: IsLate) -> int:
        time.sleep(0.02 * (3 - item))
        return item

    assert abreast(slower_first, [0, 1, 2]) == [0, 1, 2]


def test_a_failure_ends_the_others() -> None:
    def work(item: int, is_late: IsLate) -> int:
        if item:
            raise ValueError("one fails")
        return until_late(item, is_late)

    started = time.perf_counter()
    with pytest.raises(ValueError, match="one fails"):
        abreast(work, [0, 1])
    assert time.perf_counter() - started < 5  # of ten seconds


def test_ctrl_c_is_heard_while_they_work() -> None:
    """Also where the system hands the signal to another thread than the one that waits."""

    def press(item: int, is_late: IsLate) -> int:
        if item:
            time.sleep(0.1)
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return until_late(item, is_late)

    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        abreast(press, [0, 1])
    assert time.perf_counter() - started < 5
