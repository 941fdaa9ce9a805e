"""Whole processes: from launch to a trained, evaluated and written network, out of a CSV file."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import (
    HERE,
    Target,
    Timed,
    child_environment,
    in_turn,
    in_words,
    note,
    repeats_asked,
    report,
    table,
    write_table,
)

EPOCHS = 10
NETWORK = "dense 64 relu, dense 32 relu"
COLD, WARM = "Jaram, empty cache", "Jaram, warm cache"
PEERS = {
    "scikit-learn": "script_sklearn.py",
    "PyTorch": "script_torch.py",
    "skorch": "script_skorch.py",
    "Lightning": "script_lightning.py",
    "Keras on JAX": "script_keras.py",
}


def command(name: str, source: Path, out: Path) -> list[str]:
    """The command line of one contender."""
    if name in PEERS:
        return [sys.executable, str(HERE / PEERS[name]), str(source), str(out), str(EPOCHS)]
    jaram = str(Path(sys.executable).parent / "jaram")
    options = {"--target": "y", "--network": NETWORK, "--batch-size": "32", "--epochs": str(EPOCHS)}
    said = [word for pair in options.items() for word in pair]
    return [jaram, "train", str(source), *said, "--out", str(out)]


def once(name: str, source: Path, folder: Path, count: int) -> tuple[float, float]:
    """Seconds from launch to exit, and seconds of processor time."""
    cache = folder / (f"cold{count}" if name == COLD else "warm")
    environment = child_environment(JARAM_CACHE=str(cache))
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    started, used = time.perf_counter(), processor_seconds()
    done = subprocess.run(
        command(name, source, folder / f"out{count}"),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    used = processor_seconds() - used
    note(f"{name}: {in_words(seconds)}, processor {in_words(used)}")
    return seconds, used


def processor_seconds() -> float:
    """What all finished children have used so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(repeats: int) -> list[Timed]:
    names = [COLD, WARM, *PEERS]
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = folder / "table.csv"
        write_table(source, *table())
        for count, name in enumerate(names):  # files read once, caches filled
            once(name, source, folder, count)
        for count, index in enumerate(in_turn(len(names), repeats), len(names)):
            seconds[names[index]].append(once(names[index], source, folder, count))
    found = []
    for name, taken in seconds.items():
        wall, used = (list(column) for column in zip(*taken, strict=True))
        found.append(Timed(name, f"processor {in_words(statistics.median(used))}", wall))
    return found


if __name__ == "__main__":
    report(
        "Whole process",
        f'`jaram train table.csv --target y --network "{NETWORK}" --batch-size 32 --epochs '
        f"{EPOCHS} --out RUN` on the table of the first section as CSV, from launch to exit: read, "
        "split, scaled, trained, evaluated, written, report and importance of columns included. "
        "The scripts of the others read with polars, split, scale, train as many epochs, evaluate "
        "once, save. *Empty cache*: no program compiled before on this machine; *warm cache*: the "
        "second time.",
        measure(repeats_asked(9)),
        [
            Target(COLD, "scikit-learn", 1.0, faster=False),
            *(Target(COLD, name, 0.4, faster=False) for name in list(PEERS)[1:]),
            Target(WARM, "scikit-learn", 0.6, faster=False),
        ],
        against="scikit-learn",
        per="process",
    )
