"""Time of an epoch of a network whose matrix products are large enough to count."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common import HERE, Entry, Target, race, repeats_asked, report
from peers import BareScan, Jaram, Keras, ScikitLearn, Torch, Work

FOLDER = HERE.parent.parent / "shared" / "data" / "mnist10k"


def pictures() -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """10,000 pictures of digits as rows of 784 numbers from 0 to 1; random if not at hand."""
    if not FOLDER.is_dir():
        random = np.random.default_rng(0)
        return random.random((10_000, 784), np.float32), random.integers(0, 10, 10_000, np.int32)
    x = _read(FOLDER / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    y = _read(FOLDER / "t10k-labels-idx1-ubyte.gz", 8)
    return x.astype(np.float32) / 255, y.astype(np.int32)


def _read(path: Path, header: int) -> NDArray[np.uint8]:
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


WORK = Work(pictures, (256, 128), 10, batch=128)
ENTRIES = [
    Entry("Jaram", Jaram, (WORK,), short=12, long=32),
    Entry("bare JAX scan", BareScan, (WORK,), short=12, long=32),
    Entry("PyTorch loop", Torch, (WORK,)),
    Entry("scikit-learn", ScikitLearn, (WORK,)),
    Entry("Keras on JAX", Keras, (WORK,)),
]

if __name__ == "__main__":
    found = "the test part of MNIST" if FOLDER.is_dir() else "random numbers"
    report(
        "Pictures of digits",
        f"10,000 rows × 784 ({found}), network 784-256-128-10 with ReLU, Adam, minibatches of 128. "
        "Seconds an epoch after compilation.",
        race(ENTRIES, repeats_asked(7)),
        [Target("Jaram", "PyTorch loop", 2)],
        against="Jaram",
        per="an epoch",
    )
