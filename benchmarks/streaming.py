"""The same training on pictures in memory and streamed from disk.

Each training has a process of its own, so that its peak memory is its own. The file's pages may be
in the system's cache, which only root can drop; the file is larger than the memory that is given,
so that every picture is read from the file and prepared again in every epoch.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from common import child_environment, judged, markdown, note, repeats_asked, section

LEAST_SHARE = 0.85
EPOCHS = 5
SETS = {
    # name: (pictures, shape, memory, network)
    "LeNet-like, 28×28 grey": (
        40_000,
        (28, 28, 1),
        24 << 20,
        "conv 32 3 relu, max_pool 2, conv 64 3 relu, max_pool 2, flatten, dense 128 relu",
    ),
    "one small convolution, 32×32 colour": (
        40_000,
        (32, 32, 3),
        96 << 20,
        "conv 8 3 relu, max_pool 4, flatten",
    ),
}
PLACES = ("in memory", "from disk")


def write_pictures(path: Path, count: int, shape: tuple[int, ...]) -> None:
    """Random pictures of two classes, dark and bright, a few thousand at a time."""
    rng = np.random.default_rng(0)
    pictures = np.lib.format.open_memmap(path, "w+", np.uint8, (count, *shape))
    for start in range(0, count, 5000):
        some = pictures[start : start + 5000]
        some[:] = rng.integers(0, 200, some.shape, dtype=np.uint8)
        some[::2] += np.uint8(40)


def train(path: Path, memory: int | None, network: str) -> dict[str, float]:
    """Examples a second in the median epoch after the first, and MiB of this process at most."""
    import jaram as jr

    x = np.load(path, mmap_mode="r")
    recipe = jr.Recipe(network=network, augment=(), epochs=EPOCHS, batch_size=128, stop=None)
    run = jr.train(recipe, jr.Data(x, np.arange(len(x)) % 2), memory=memory)
    assert run.prepared is not None
    seconds = np.diff(run.history["seconds"].to_numpy())
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return {
        "rate": len(run.prepared.train) / float(np.median(seconds)),
        "peak": int(peak.split()[1]) / 1024,
        "loss": run.metrics["valid/loss"],
    }


def once(path: Path, memory: int | None, network: str) -> dict[str, float]:
    """The same in a fresh process."""
    asked = json.dumps([str(path), memory, network])
    done = subprocess.run(
        [sys.executable, __file__, "--child", asked],
        env=child_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(repeats: int) -> tuple[list[list[str]], dict[str, float]]:
    """Rows of the table, and the share of the speed in memory by set."""
    rows, shares = [], {}
    for name, (count, shape, memory, network) in SETS.items():
        found: dict[str, list[dict[str, float]]] = {place: [] for place in PLACES}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pictures.npy"
            write_pictures(path, count, shape)
            size = path.stat().st_size
            for index in range(repeats):
                for place in PLACES[:: 1 if index % 2 == 0 else -1]:
                    one = once(path, memory if place == PLACES[1] else None, network)
                    found[place].append(one)
                    note(f"{name}, {place}: {one}")
        rates = {p: statistics.median(one["rate"] for one in found[p]) for p in PLACES}
        shares[name] = rates[PLACES[1]] / rates[PLACES[0]]
        for place in PLACES:
            peak = statistics.median(one["peak"] for one in found[place])
            given = f"{memory >> 20} MiB" if place == PLACES[1] else "all"
            rows.append(
                [name, f"{size >> 20} MiB", place, given, f"{rates[place]:,.0f}", f"{peak:,.0f}"]
            )
    return rows, shares


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        path, memory, network = json.loads(sys.argv[2])
        print(json.dumps(train(Path(path), memory, network)))
        raise SystemExit
    repeats = repeats_asked(3)
    rows, shares = measure(repeats)
    section(
        "Streaming",
        f"Training on pictures, batch 128, {EPOCHS} epochs, in memory and streamed from disk with "
        f"the memory given; examples a second of the median epoch after the first, evaluation "
        f"included, and the process's peak memory in MiB, median of {repeats} alternating rounds. "
        "The file may be in the system's cache.",
    )
    print(markdown(["training", "file", "where", "memory", "examples/s", "peak MiB"], rows))
    print()
    for name, share in shares.items():
        print(f"- {name}: {share:.0%} of the speed in memory")
        print(judged("seconds an epoch against those in memory", 1 / share, 1 / LEAST_SHARE, "×"))
