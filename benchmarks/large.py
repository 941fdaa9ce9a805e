"""A table of 2,000,000 rows × 30 columns: time to the first trained epoch, and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import Timed, child_environment, judged, note, repeats_asked, report, table, write_table

ROWS, COLUMNS = 2_000_000, 29
FLOATS = ROWS * (COLUMNS + 1) * 4 / 2**20
SECONDS, TIMES = 20, 3


def once(source: Path, out: Path) -> tuple[float, float, float]:
    """Seconds to the first line of the history, seconds to exit, peak resident memory in MiB."""
    jaram = str(Path(sys.executable).parent / "jaram")
    command = [jaram, "train", str(source), "--target", "y", "--epochs", "1", "--out", str(out)]
    first: list[float] = []
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=child_environment())

    def watch() -> None:
        history = out / "history.jsonl"
        while process.returncode is None:
            if history.exists() and history.stat().st_size:
                first.append(time.perf_counter() - started)
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    whole = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    if process.returncode or not first:
        raise SystemExit(f"jaram ended with {process.returncode}")
    note(
        f"first epoch after {first[0]:.1f} s, exit after {whole:.1f} s, {usage.ru_maxrss >> 10} MiB"
    )
    return first[0], whole, usage.ru_maxrss / 1024


def read_alone(source: Path) -> list[Timed]:
    """Seconds that polars and pandas take to read the file, once each."""
    found = []
    for name in ("polars", "pandas"):
        code = f"import {name}; {name}.read_csv({str(source)!r})"
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        found.append(Timed(f"{name}.read_csv alone", "", [time.perf_counter() - started]))
    return found


if __name__ == "__main__":
    repeats = repeats_asked(3)
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "large.csv"
        note(f"writing {ROWS} rows")
        write_table(source, *table(ROWS, COLUMNS))
        size = source.stat().st_size / 2**20
        runs = [once(source, Path(temporary) / f"run{i}") for i in range(repeats)]
        others = read_alone(source)
    first, whole, memory = (list(column) for column in zip(*runs, strict=True))
    report(
        "A large table",
        f"`jaram train large.csv --target y --epochs 1` with all defaults: {ROWS:,} rows × "
        f"{COLUMNS + 1} columns, {size:.0f} MiB of CSV, {FLOATS:.0f} MiB as float32.",
        [Timed("launch to first epoch", "", first), Timed("launch to exit", "", whole), *others],
    )
    peak = max(memory)
    print(judged("launch to first epoch", sorted(first)[len(first) // 2], SECONDS, "s"))
    print(judged(f"peak memory, {peak:.0f} MiB", peak / FLOATS, TIMES, "× the table as float32"))
    print()
