"""Sub-populations as Ray tasks: where one machine is not enough.

Each task trains one batch of a cohort on one core (or device) and hands back the states. A worker
that dies loses its batch only, which Ray gives to another.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import time
import warnings
from collections.abc import Sequence
from typing import Any

from jaram.data.prepare import Prepared
from jaram.errors import UsageError
from jaram.searches.backend import Taker, Task
from jaram.searches.clock import Clock
from jaram.searches.cohort import Cohort, Saved, Work

AGAIN = 10
"""How often a batch is given to another worker when its own died."""
WAKE_SECONDS = 0.1
"""How often the driver looks up, to hear Ctrl-C."""
CONNECT_SECONDS = 5.0
LOCAL = "local"


class Cluster:
    """Ray workers.

    address: of a running cluster (``"auto"``, ``"10.0.0.1:6379"``, ``"ray://..."``); ``"local"``
    starts one on this machine, a worker a core, which ends with :meth:`close`. The data goes to
    each machine once.
    """

    def __init__(self, address: str = LOCAL, workers: int | None = None) -> None:
        self._ray = _ray()
        is_local = address == LOCAL
        if not self._ray.is_initialized():
            given: dict[str, Any] = (
                {"num_cpus": workers or os.cpu_count() or 1, "include_dashboard": False}
                if is_local
                else {"address": address}
            )
            try:
                if not is_local:
                    _require_listening(address)
                with warnings.catch_warnings():
                    # JAX warns of every new process, of which these become programs of their own.
                    warnings.simplefilter("ignore", RuntimeWarning)
                    self._ray.init(log_to_driver=False, logging_level="error", **given)
            except (OSError, ValueError, RuntimeError) as error:
                detail = str(error).splitlines()[0]
                raise UsageError("search.no_cluster", address=address, detail=detail) from None
        found = int(self._ray.cluster_resources().get("CPU", 1))
        self.workers: int = max(1, found if workers is None else min(workers, found))
        self._task = self._ray.remote(num_cpus=1, max_retries=AGAIN)(_train)
        self._data: dict[int, Any] = {}

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._ray.shutdown()

    def train(self, tasks: Sequence[Task], clock: Clock, take: Taker) -> None:
        """As :meth:`jaram.searches.backend.Backend.train`."""
        waiting = [(cohort, batch) for cohort, works in tasks for batch in cohort.batches(works)]
        running: dict[Any, tuple[Cohort, list[Work]]] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.workers:
                    cohort, batch = waiting.pop(0)
                    if not clock.may_begin(cohort.is_compiled):
                        waiting.clear()
                        break
                    running[self._submit(cohort, batch, clock)] = cohort, batch
                done, _ = self._ray.wait(list(running), timeout=WAKE_SECONDS)
                for one in done:
                    saved, seconds = self._ray.get(one)
                    cohort, batch = running.pop(one)
                    cohort.is_compiled = True
                    take(batch, saved, seconds / len(batch))
        except BaseException:
            for one in running:
                self._ray.cancel(one, force=True)
            raise

    def _submit(self, cohort: Cohort, batch: Sequence[Work], clock: Clock) -> Any:
        prepared = batch[0].entry.prepared
        if id(prepared) not in self._data:
            self._data[id(prepared)] = self._ray.put(prepared)
        works = [dataclasses.replace(work, entry=_without_data(work)) for work in batch]
        return self._task.remote(cohort, works, self._data[id(prepared)], clock.left)


def _without_data(work: Work) -> Any:
    return dataclasses.replace(work.entry, prepared=None)  # type: ignore[arg-type]


def _train(
    cohort: Cohort, works: Sequence[Work], prepared: Prepared, left: float
) -> tuple[list[Saved], float]:
    """Train a batch on this worker; what came of it and the seconds it took."""
    begun = time.monotonic()
    whole = [
        dataclasses.replace(work, entry=dataclasses.replace(work.entry, prepared=prepared))
        for work in works
    ]
    saved = cohort.train(whole, lambda: time.monotonic() - begun > left)
    return saved, time.monotonic() - begun


def _require_listening(address: str) -> None:
    """Raise OSError where nobody answers, for which Ray itself would wait five minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise UsageError("search.no_ray") from None
    return ray
