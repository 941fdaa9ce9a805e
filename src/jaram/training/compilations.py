"""How many training programs were compiled in this process, and how long that took."""

from __future__ import annotations

import threading
from functools import cache
from typing import NamedTuple

import jax

STAGES = ("jaxpr_trace_duration", "jaxpr_to_mlir_module_duration", "backend_compile_duration")
"""JAX tells of each program how long it was traced, lowered and compiled (or read from the cache on
disk)."""
PROGRAMS = ("_run_epochs", "_run_block", "_end_epochs")
"""The functions that train (:mod:`jaram.training.epochs`, :mod:`jaram.training.streamed`)."""


class Compiled(NamedTuple):
    """programs: how many. seconds: of all threads together, tracing and lowering included."""

    programs: int
    seconds: float

    def since(self, before: Compiled) -> Compiled:
        """What came after ``before``."""
        return Compiled(self.programs - before.programs, self.seconds - before.seconds)


_lock = threading.Lock()
_total = [Compiled(0, 0.0)]


def compiled() -> Compiled:
    """All since the first call in this process."""
    _listen()
    return _total[0]


@cache
def _listen() -> None:
    jax.monitoring.register_event_duration_secs_listener(_hear)


def _hear(event: str, duration_secs: float, **told: str | int) -> None:
    stage = event.rpartition("/")[2]
    name = str(told.get("fun_name"))
    if stage in STAGES and any(program in name for program in PROGRAMS):
        with _lock:
            before = _total[0]
            is_last = stage == STAGES[-1]
            _total[0] = Compiled(before.programs + is_last, before.seconds + duration_secs)
