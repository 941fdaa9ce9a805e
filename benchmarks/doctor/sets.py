"""The data sets of the suite: those that thresholds may be tuned on, and those held out.

No set is in both halves. All have at most 2,000 rows, all are seeded.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jaram as jr

Array = NDArray[Any]
Maker = Callable[[], jr.Data]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Real tables beside the checkout; sets that need them are left out where it is absent."""

SETS: dict[str, dict[str, Maker]] = {"tune": {}, "held": {}}


def _of(half: str) -> Callable[[Maker], Maker]:
    def register(make: Maker) -> Maker:
        SETS[half][make.__name__] = cache(make)
        return make

    return register


def data_of(name: str) -> jr.Data:
    """The set of a name, of either half."""
    for half in SETS.values():
        if name in half:
            return half[name]()
    raise KeyError(name)


def is_there(name: str) -> bool:
    """Whether a set can be made on this machine."""
    return name not in NEEDS_SHARED or SHARED.is_dir()


def _plain(name: str, **options: Any) -> jr.Data:
    data = jr.load(name, **options)
    return jr.Data(data.x, data.y, task=data.task.kind, name=name)


# --- tuning half ----------------------------------------------------------------------------------


@_of("tune")
def iris() -> jr.Data:
    return _plain("iris")


@_of("tune")
def circles() -> jr.Data:
    return _plain("circles", n=600, noise=0.08, seed=1)


@_of("tune")
def blobs() -> jr.Data:
    return _plain("blobs", n=600, noise=0.8, seed=1)


@_of("tune")
def digits() -> jr.Data:
    data = jr.load("digits")
    assert data.x is not None
    return jr.Data(data.x[:1200], data.y[:1200], task="multiclass", name="digits")


@_of("tune")
def cancer() -> jr.Data:
    return _plain("breast_cancer")


@_of("tune")
def spirals() -> jr.Data:
    return _plain("spirals", n=1000, seed=1)


@_of("tune")
def sine() -> jr.Data:
    return _plain("sine", n=600, seed=1)


@_of("tune")
def friedman() -> jr.Data:
    """Friedman (1991): five inputs that count, of eight."""
    rng = np.random.default_rng(11)
    x = rng.uniform(0, 1, (800, 8))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    y += 10 * x[:, 3] + 5 * x[:, 4] + rng.normal(size=800)
    return jr.Data(x, y, task="regression", name="friedman")


@_of("tune")
def pima() -> jr.Data:
    """Diabetes among Pima women: eight columns of very different widths."""
    table = np.loadtxt(SHARED / "tables" / "pima-indians-diabetes.csv", delimiter=",")
    return jr.Data(table[:, :-1], table[:, -1].astype(int), task="binary", name="pima")


@_of("tune")
def saddle() -> jr.Data:
    """A regression on two inputs whose linear part is nil: x · y."""
    rng = np.random.default_rng(12)
    x = rng.uniform(-1, 1, (700, 2))
    y = 3 * x[:, 0] * x[:, 1] + 0.1 * rng.normal(size=700)
    return jr.Data(x, y, task="regression", name="saddle")


@_of("tune")
def xnor4() -> jr.Data:
    """The four rows of a gate, as tutorials have them; nothing to validate on."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    return jr.Data(x, np.array([1, 0, 0, 1]), task="binary", name="xnor4")


# --- held-out half --------------------------------------------------------------------------------


@_of("held")
def wine() -> jr.Data:
    return _plain("wine")


@_of("held")
def moons() -> jr.Data:
    return _plain("moons", n=600, noise=0.12, seed=2)


@_of("held")
def xor() -> jr.Data:
    return _plain("xor", n=600, seed=2)


@_of("held")
def xor4() -> jr.Data:
    """The four rows of exclusive or, −1 and 1; nothing to validate on."""
    x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], float)
    return jr.Data(x, np.array([0, 1, 1, 0]), task="binary", name="xor4")


@_of("held")
def penguins() -> jr.Data:
    return jr.load("penguins")


@_of("held")
def diabetes() -> jr.Data:
    return _plain("diabetes")


@_of("held")
def rings() -> jr.Data:
    """Three classes, each a ring around the one before."""
    rng = np.random.default_rng(21)
    y = np.arange(750) % 3
    angle, radius = rng.uniform(0, 2 * np.pi, 750), 0.5 + y + 0.13 * rng.normal(size=750)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    order = rng.permutation(750)
    return jr.Data(x[order], y[order], task="multiclass", name="rings")


@_of("held")
def bumps() -> jr.Data:
    """A regression on two inputs: hills and hollows."""
    rng = np.random.default_rng(22)
    x = rng.uniform(-2, 2, (900, 2))
    y = np.sin(2 * x[:, 0]) * np.cos(x[:, 1]) + 0.3 * x[:, 0] + 0.1 * rng.normal(size=900)
    return jr.Data(x, y, task="regression", name="bumps")


@_of("held")
def engine() -> jr.Data:
    """A regression on six inputs: a product, a kink and a bend."""
    rng = np.random.default_rng(23)
    x = rng.normal(size=(900, 6))
    y = (
        x[:, 0] * x[:, 1]
        + 2 * np.maximum(x[:, 2], 0)
        - np.abs(x[:, 3])
        + 0.2 * rng.normal(size=900)
    )
    return jr.Data(x, y, task="regression", name="engine")


@_of("held")
def abalone() -> jr.Data:
    """Rings of abalones from seven measures (the sex is left out)."""
    lines = (SHARED / "tables" / "abalone.csv").read_text().split()
    table = np.array([line.split(",")[1:] for line in lines[:1500]], float)
    return jr.Data(table[:, :-1], table[:, -1], task="regression", name="abalone")


@_of("held")
def mnist() -> jr.Data:
    """1,500 pictures of MNIST's test part, each a row of 196 means of 2 × 2 pixels."""
    with gzip.open(SHARED / "mnist10k" / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(SHARED / "mnist10k" / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    rows = np.random.default_rng(24).permutation(len(pixels))[:1500]
    small = pixels[rows].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)
    return jr.Data(small, labels[rows].astype(int), task="multiclass", name="mnist")


@_of("held")
def reviews() -> jr.Data:
    """Korean film reviews as bags of their 200 most frequent pairs of letters."""
    lines = (SHARED / "nsmc" / "train.tsv").read_text(encoding="utf-8").splitlines()[1:2001]
    texts, labels = zip(*(line.rsplit("\t", 1) for line in lines), strict=True)
    pairs = [Counter(text[i : i + 2] for i in range(len(text) - 1)) for text in texts]
    seen = Counter(pair for counts in pairs for pair in set(counts))
    words = [pair for pair, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:200]]
    x = np.array([[counts[word] for word in words] for counts in pairs], float)
    return jr.Data(x, np.array(labels, int), task="binary", name="reviews")


NEEDS_SHARED = {"pima", "abalone", "mnist", "reviews"}
