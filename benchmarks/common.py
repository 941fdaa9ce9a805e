"""What all benchmarks share: fair timing side by side, the machine in words, tables in Markdown.

A *contender* trains the same network on the same data as its rivals and lives in a process of its
own, so that nobody's threads, allocator or settings are in another's way. Contenders are asked in
turn, each round in the opposite order of the one before, so that a machine that slows down slows
all of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
PACKAGES = [
    "jaram",
    "jax",
    "jaxlib",
    "optax",
    "numpy",
    "polars",
    "torch",
    "scikit-learn",
    "skorch",
    "lightning",
    "keras",
    "pandas",
    "optuna",
    "ray",
]


class Contender(Protocol):
    """One library's way to train the network of a benchmark."""

    setting: str

    def train(self, epochs: int) -> None:
        """Train a fresh network for ``epochs`` epochs; return when it is trained."""

    def accuracy(self) -> float:
        """Share of right answers of the last trained network on the training data, 0 to 1."""


class Worker:
    """A contender in its own process."""

    def __init__(self, factory: Callable[..., Contender], *args: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, factory, args), daemon=True)
        self._process.start()
        self.setting: str = self._answer()

    def ask(self, method: str, *args: Any) -> tuple[float, Any]:
        """Seconds that the call took inside the worker, and what it returned."""
        self._pipe.send((method, args))
        seconds, value = self._answer()
        return float(seconds), value

    def _answer(self) -> Any:
        try:
            return self._pipe.recv()
        except EOFError:
            raise SystemExit("a contender failed; its traceback is above") from None

    def close(self) -> None:
        self._pipe.close()
        self._process.join(10)


def _serve(pipe: Any, factory: Callable[..., Contender], args: tuple[Any, ...]) -> None:
    contender = factory(*args)
    pipe.send(contender.setting)
    while True:
        try:
            method, given = pipe.recv()
        except EOFError:
            return
        started = time.perf_counter()
        value = getattr(contender, method)(*given)
        pipe.send((time.perf_counter() - started, value))


@dataclasses.dataclass(frozen=True)
class Entry:
    """A contender as entered into a race: how to make it, and the two lengths that are compared.

    Seconds an epoch are (time of ``long`` epochs − time of ``short`` epochs) / (long − short), so
    that what is done once a training does not count. ``models``: how many networks one training
    trains.
    """

    name: str
    factory: Callable[..., Contender]
    args: tuple[Any, ...] = ()
    short: int = 2
    long: int = 12
    models: int = 1


@dataclasses.dataclass(frozen=True)
class Timed:
    """What was found of one contender: seconds, one a round; its accuracy, if asked for."""

    name: str
    setting: str
    seconds: list[float]
    accuracy: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


JUDGED_AFTER = 12
"""Epochs after which all contenders' accuracies are compared."""


def race(entries: Sequence[Entry], repeats: int) -> list[Timed]:
    """Seconds per epoch and model of each entry, after one training of each length to warm up."""
    workers = []
    for entry in entries:
        note(f"starting {entry.name}")
        worker = Worker(entry.factory, *entry.args)
        worker.ask("train", entry.short)
        worker.ask("train", entry.long)
        workers.append(worker)
    seconds: list[list[float]] = [[] for _ in entries]
    for index in in_turn(len(entries), repeats):
        entry, worker = entries[index], workers[index]
        short, _ = worker.ask("train", entry.short)
        long, _ = worker.ask("train", entry.long)
        an_epoch = (long - short) / (entry.long - entry.short) / entry.models
        note(f"{entry.name}: {in_words(an_epoch)} an epoch and model")
        seconds[index].append(an_epoch)
    found = []
    for entry, worker, taken in zip(entries, workers, seconds, strict=True):
        worker.ask("train", JUDGED_AFTER)
        found.append(Timed(entry.name, worker.setting, taken, worker.ask("accuracy")[1]))
        worker.close()
    return found


def in_turn(count: int, repeats: int) -> list[int]:
    """Positions 0 … count−1, ``repeats`` times, every other time backwards."""
    order = list(range(count))
    return [i for r in range(repeats) for i in (order if r % 2 == 0 else order[::-1])]


def fastest(tries: Mapping[str, Callable[[], Any]], rounds: int = 3) -> str:
    """The name of the try that takes the least time, each at its best of ``rounds``."""
    best = dict.fromkeys(tries, float("inf"))
    for index in in_turn(len(tries), rounds):
        name = list(tries)[index]
        started = time.perf_counter()
        tries[name]()
        best[name] = min(best[name], time.perf_counter() - started)
    return min(best, key=best.__getitem__)


@dataclasses.dataclass(frozen=True)
class Target:
    """What is aimed at: ``first``'s median over ``second``'s shall be at most ``limit``.

    Where ``faster`` is true it is read the other way: ``first`` shall be at least ``limit`` times
    as fast.
    """

    first: str
    second: str
    limit: float
    faster: bool = True

    def verdict(self, found: Mapping[str, Timed]) -> str:
        """One line of Markdown; a target whose contenders did not run is passed over."""
        if self.first not in found or self.second not in found:
            return ""
        ratio = found[self.first].median / found[self.second].median
        if self.faster:
            ratio = 1 / ratio
            met, wanted = ratio >= self.limit, f"at least {self.limit:g} times as fast as"
        else:
            met, wanted = ratio <= self.limit, f"at most {self.limit:g} × the time of"
        kept = "met" if met else "**missed**"
        return f"- {self.first}: {wanted} {self.second}: {ratio:.2f}, {kept}"


def report(
    title: str,
    text: str,
    found: Sequence[Timed],
    targets: Sequence[Target] = (),
    against: str = "",
    per: str = "time",
) -> None:
    """Print one section of RESULTS.md: contenders with median, spread and ratio to ``against``."""
    table = {timed.name: timed for timed in found}
    base = table.get(against)
    has_accuracy = any(timed.accuracy is not None for timed in found)
    head = ["contender", f"{per}, median", "min – max"]
    head += [f"{against} = 1"] if base else []
    head += ["accuracy"] if has_accuracy else []
    rows = []
    for timed in found:
        name = f"{timed.name} ({timed.setting})" if timed.setting else timed.name
        spread = f"{in_words(min(timed.seconds))} – {in_words(max(timed.seconds))}"
        row = [name, in_words(timed.median), spread]
        row += [f"{timed.median / base.median:.2f}"] if base else []
        if has_accuracy:
            row += ["" if timed.accuracy is None else f"{timed.accuracy:.3f}"]
        rows.append(row)
    section(title, text)
    print(markdown(head, rows))
    verdicts = [line for target in targets if (line := target.verdict(table))]
    print("\n" + "\n".join(verdicts) + "\n" if verdicts else "")


def section(title: str, text: str) -> None:
    """Print a heading and what stands below it."""
    print(f"## {title}\n\n{text}\n")


def judged(what: str, value: float, limit: float, unit: str) -> str:
    """One line of Markdown on a value that shall not exceed ``limit``."""
    return f"- {what}: {value:.2f} {unit} of {limit:g}, {'met' if value <= limit else '**missed**'}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def in_words(seconds: float) -> str:
    """Seconds with three digits and the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"


def note(line: str) -> None:
    """Tell a person who waits, beside the results."""
    print(line, file=sys.stderr, flush=True)


def repeats_asked(default: int) -> int:
    """``--repeats N`` of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=default)
    return int(parser.parse_args().repeats)


def child_environment(**more: str) -> dict[str, str]:
    """The environment of measured processes: as here, but free to keep Python's compiled bytecode.

    Installed packages have theirs; an editable install would be compiled anew each time without.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return environment | more


def apart(module: str, call: str, cache: Path, **environment: str) -> dict[str, Any]:
    """What a call in a benchmark's module returns, in a process of its own with its own cache."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, {module}; print(json.dumps({module}.{call}))"],
        cwd=HERE,
        env=child_environment(JARAM_CACHE=str(cache), **environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    note(f"{module}.{call}: {found}")
    return found


def machine() -> str:
    """Processor, cores, memory, system and Python in one line."""
    processor, memory = platform.processor() or platform.machine(), ""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    if hasattr(os, "sysconf"):
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        memory = f"{size:.0f} GiB memory, "
    return (
        f"{processor}, {os.cpu_count()} cores, {memory}{platform.system()}, "
        f"Python {platform.python_version()}"
    )


def versions() -> str:
    """The packages that take part, with their versions."""
    told = []
    for name in PACKAGES:
        try:
            told.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            told.append(f"{name} absent")
    return ", ".join(told)


def table(rows: int = 10_000, columns: int = 20) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """A two-class table that a small network can learn: x ``(rows, columns)``, y 0 or 1."""
    random = np.random.default_rng(0)
    x = random.standard_normal((rows, columns), dtype=np.float32)
    score = x[:, 0] * x[:, 1] + x[:, 2] + 0.5 * np.square(x[:, 3]) - 0.5
    score += 0.3 * random.standard_normal(rows, dtype=np.float32)
    return x, (score > 0).astype(np.int32)


def write_table(path: Path, x: NDArray[np.float32], y: NDArray[np.int32]) -> None:
    """The table as CSV: columns c0, c1, …, and y."""
    import polars

    columns = {f"c{i}": x[:, i] for i in range(x.shape[1])} | {"y": y}
    polars.DataFrame(columns).write_csv(path, float_precision=6)
