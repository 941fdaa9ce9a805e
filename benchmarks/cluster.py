"""What Ray costs on one machine: a search here against the same search on 1, 2 and 4 workers."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from common import Timed, apart, in_turn, judged, repeats_asked, report

TRIALS, EPOCHS = 128, 20
WORKERS = (1, 2, 4)
HERE_NAME = "this process"
OVERHEAD_S = 0.5
SLOWER = 1.0


def searched(workers: int) -> dict[str, Any]:
    """Seconds of one search after another has warmed everything up, on so many workers; 0: here.

    Starting Ray and its workers is told apart: it is done once, whatever is searched.
    """
    import jaram as jr
    from common import table

    started = time.perf_counter()
    if workers:
        import ray

        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    starting = time.perf_counter() - started
    x, y = table()
    recipe = jr.Recipe(
        network=(jr.Dense(64, "relu"), jr.Dense(32, "relu")),
        optimizer=jr.Adam(jr.LogUniform(1e-4, 1e-1)),
        penalties=(jr.L2(jr.LogUniform(1e-6, 1e-2)),),
        averaging=None,
        batch_size=32,
        epochs=EPOCHS,
        stop=None,
    )
    import jaram.searches.cluster as cluster

    cluster.Cluster.close = lambda self: None  # type: ignore[method-assign]  # one Ray for both
    seconds: list[float] = []
    best: list[float] = []
    for _ in range(2):
        started = time.perf_counter()
        study = jr.search(
            recipe,
            jr.Data(x, y),
            trials=TRIALS,
            confirm=2,
            cluster="local" if workers else None,
        )
        seconds.append(time.perf_counter() - started)
        best.append(max(trial.score for trial in study.trials))
    return {"starting": starting, "first": seconds[0], "seconds": seconds[1], "best": best[1]}


def main() -> None:
    every = (0, *WORKERS)
    found: dict[int, list[dict[str, Any]]] = {workers: [] for workers in every}
    with tempfile.TemporaryDirectory() as cache:
        apart("cluster", "searched(0)", Path(cache), RAY_ENABLE_UV_RUN_RUNTIME_ENV="0")
        for index in in_turn(len(every), repeats_asked(3)):
            found[every[index]].append(
                apart(
                    "cluster",
                    f"searched({every[index]})",
                    Path(cache),
                    RAY_ENABLE_UV_RUN_RUNTIME_ENV="0",
                )
            )
    names = {0: HERE_NAME} | {count: f"Ray, {count} workers" for count in WORKERS}
    timed = {
        workers: Timed(names[workers], "", [one["seconds"] for one in runs], runs[0]["best"])
        for workers, runs in found.items()
    }
    starting = max(one["starting"] for workers in WORKERS for one in found[workers])
    report(
        "Ray on one machine",
        f"{TRIALS} trials of {EPOCHS} epochs of 20-64-32-1 on 8,000 × 20, random search, on "
        "workers of one core each; the second search of a process, so that compilation and the "
        f"start of Ray (at most {starting:.1f} s) do not count. Accuracy: of the best trial.",
        list(timed.values()),
        against=HERE_NAME,
        per="search",
    )
    local = timed[0].median
    for workers in WORKERS[1:]:
        ratio = timed[workers].median / local
        print(judged(f"{names[workers]} against here", ratio, SLOWER, "×"))

    batches = 2
    added = (timed[2].median - local) / batches
    print(judged("added a sub-population, two workers against here", added, OVERHEAD_S, "s"))
    print()


if __name__ == "__main__":
    main()
