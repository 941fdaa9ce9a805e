"""The data sets of the suite: those that thresholds may be tuned on, those held out in the first
round and seen since, and those held out now.

No set is in two parts. All have at most 2,000 rows, all are seeded.
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

SETS: dict[str, dict[str, Maker]] = {"tune": {}, "seen": {}, "held": {}}


def _of(part: str) -> Callable[[Maker], Maker]:
    def register(make: Maker) -> Maker:
        SETS[part][make.__name__] = cache(make)
        return make

    return register


def data_of(name: str) -> jr.Data:
    """The set of a name, of any part."""
    for part in SETS.values():
        if name in part:
            return part[name]()
    raise KeyError(name)


def is_there(name: str) -> bool:
    """Whether a set can be made on this machine."""
    return name not in NEEDS_SHARED or SHARED.is_dir()


def _plain(name: str, **options: Any) -> jr.Data:
    data = jr.load(name, **options)
    return jr.Data(data.x, data.y, task=data.task.kind, name=name)


# --- tuning part ----------------------------------------------------------------------------------


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


def _two_marked(seed: int, steps: int = 50) -> tuple[Array, Array, Array]:
    """Series of numbers with two of them marked, one in each half, and the two: the adding problem
    (Hochreiter & Schmidhuber, 1997) before it is said what is asked of them."""
    data = jr.load("adding_problem", n=1000, length=steps, seed=seed)
    assert data.x is not None
    x = np.array(data.x, np.float64)
    rows, first = np.arange(len(x)), x[..., 1].argmax(axis=1)
    second = steps - 1 - x[:, ::-1, 1].argmax(axis=1)
    return x, x[rows, first, 0], x[rows, second, 0]


@_of("tune")
def adding() -> jr.Data:
    """The sum of two marked numbers among fifty."""
    x, first, second = _two_marked(13)
    return jr.Data(x, first + second, task="regression", name="adding")


# --- seen part: held out in the first round -------------------------------------------------------


@_of("seen")
def wine() -> jr.Data:
    return _plain("wine")


@_of("seen")
def moons() -> jr.Data:
    return _plain("moons", n=600, noise=0.12, seed=2)


@_of("seen")
def xor() -> jr.Data:
    return _plain("xor", n=600, seed=2)


@_of("seen")
def xor4() -> jr.Data:
    """The four rows of exclusive or, −1 and 1; nothing to validate on."""
    x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], float)
    return jr.Data(x, np.array([0, 1, 1, 0]), task="binary", name="xor4")


@_of("seen")
def penguins() -> jr.Data:
    return jr.load("penguins")


@_of("seen")
def diabetes() -> jr.Data:
    return _plain("diabetes")


@_of("seen")
def rings() -> jr.Data:
    """Three classes, each a ring around the one before."""
    rng = np.random.default_rng(21)
    y = np.arange(750) % 3
    angle, radius = rng.uniform(0, 2 * np.pi, 750), 0.5 + y + 0.13 * rng.normal(size=750)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    order = rng.permutation(750)
    return jr.Data(x[order], y[order], task="multiclass", name="rings")


@_of("seen")
def bumps() -> jr.Data:
    """A regression on two inputs: hills and hollows."""
    rng = np.random.default_rng(22)
    x = rng.uniform(-2, 2, (900, 2))
    y = np.sin(2 * x[:, 0]) * np.cos(x[:, 1]) + 0.3 * x[:, 0] + 0.1 * rng.normal(size=900)
    return jr.Data(x, y, task="regression", name="bumps")


@_of("seen")
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


@_of("seen")
def abalone() -> jr.Data:
    """Rings of abalones from seven measures (the sex is left out)."""
    lines = (SHARED / "tables" / "abalone.csv").read_text().split()
    table = np.array([line.split(",")[1:] for line in lines[:1500]], float)
    return jr.Data(table[:, :-1], table[:, -1], task="regression", name="abalone")


@_of("seen")
def mnist() -> jr.Data:
    """1,500 pictures of MNIST's test part, each a row of 196 means of 2 × 2 pixels."""
    with gzip.open(SHARED / "mnist10k" / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(SHARED / "mnist10k" / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    rows = np.random.default_rng(24).permutation(len(pixels))[:1500]
    small = pixels[rows].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)
    return jr.Data(small, labels[rows].astype(int), task="multiclass", name="mnist")


@_of("seen")
def reviews() -> jr.Data:
    """Korean film reviews as bags of their 200 most frequent pairs of letters."""
    lines = (SHARED / "nsmc" / "train.tsv").read_text(encoding="utf-8").splitlines()[1:2001]
    texts, labels = zip(*(line.rsplit("\t", 1) for line in lines), strict=True)
    pairs = [Counter(text[i : i + 2] for i in range(len(text) - 1)) for text in texts]
    seen = Counter(pair for counts in pairs for pair in set(counts))
    words = [pair for pair, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:200]]
    x = np.array([[counts[word] for word in words] for counts in pairs], float)
    return jr.Data(x, np.array(labels, int), task="binary", name="reviews")


@_of("seen")
def weighing() -> jr.Data:
    """Twice the first of two marked numbers and the second."""
    x, first, second = _two_marked(25)
    return jr.Data(x, 2 * first + second, task="regression", name="weighing")


# --- held-out part --------------------------------------------------------------------------------


@_of("held")
def hastie() -> jr.Data:
    """Hastie et al. (2009), 10.2: whether ten normal numbers lie outside a ball."""
    from sklearn.datasets import make_hastie_10_2

    x, y = make_hastie_10_2(2000, random_state=31)
    return jr.Data(x, (y > 0).astype(int), task="binary", name="hastie")


@_of("held")
def shells() -> jr.Data:
    """Three classes of a normal cloud: its core, a shell and what lies outside."""
    from sklearn.datasets import make_gaussian_quantiles

    x, y = make_gaussian_quantiles(n_samples=900, n_features=2, n_classes=3, random_state=32)
    return jr.Data(x, y, task="multiclass", name="shells")


@_of("held")
def wave() -> jr.Data:
    """Two classes on either side of a wavy border that rises as a whole."""
    rng = np.random.default_rng(33)
    x = rng.uniform(-3, 3, (800, 2))
    y = x[:, 1] > 0.4 * x[:, 0] + 1.5 * np.sin(2 * x[:, 0]) + 0.1 * rng.normal(size=800)
    return jr.Data(x, y.astype(int), task="binary", name="wave")


@_of("held")
def checker() -> jr.Data:
    """Nine fields of a board, black and white."""
    rng = np.random.default_rng(34)
    x = rng.uniform(0, 3, (900, 2))
    return jr.Data(x, np.floor(x).sum(axis=1).astype(int) % 2, task="binary", name="checker")


@_of("held")
def clusters() -> jr.Data:
    """Five classes of two clusters each in twelve inputs, of which eight count."""
    from sklearn.datasets import make_classification

    x, y = make_classification(
        1200,
        12,
        n_informative=8,
        n_redundant=2,
        n_classes=5,
        n_clusters_per_class=2,
        class_sep=2.2,
        flip_y=0.0,
        random_state=35,
    )
    return jr.Data(x, y, task="multiclass", name="clusters")


@_of("held")
def forms() -> jr.Data:
    """Breiman et al. (1984): three classes of wave forms, 21 noisy points each."""
    rng = np.random.default_rng(36)
    peaks = np.maximum(6 - np.abs(np.arange(1, 22) - np.array([[7], [15], [11]])), 0)
    y, mixed = np.arange(1200) % 3, rng.uniform(0, 1, (1200, 1))
    x = mixed * peaks[[0, 0, 1]][y] + (1 - mixed) * peaks[[1, 2, 2]][y]
    x, order = x + rng.normal(size=x.shape), rng.permutation(1200)
    return jr.Data(x[order], y[order], task="multiclass", name="forms")


@_of("held")
def swiss() -> jr.Data:
    """The angle of points on a rolled-up sheet, from three coordinates."""
    from sklearn.datasets import make_swiss_roll

    x, angle = make_swiss_roll(900, noise=0.3, random_state=37)
    return jr.Data(x, angle, task="regression", name="swiss")


@_of("held")
def impedance() -> jr.Data:
    """Friedman (1991), 2: the impedance of a circuit, its inputs of very different widths."""
    from sklearn.datasets import make_friedman2

    x, y = make_friedman2(n_samples=800, noise=60.0, random_state=38)
    return jr.Data(x, y, task="regression", name="impedance")


@_of("held")
def phase() -> jr.Data:
    """Friedman (1991), 3: the phase of such a circuit."""
    from sklearn.datasets import make_friedman3

    x, y = make_friedman3(n_samples=900, noise=0.05, random_state=39)
    return jr.Data(x, y, task="regression", name="phase")


@_of("held")
def ridge() -> jr.Data:
    """A number of one input: a slope with waves on it."""
    rng = np.random.default_rng(40)
    x = rng.uniform(-2, 2, (600, 1))
    y = 0.8 * x[:, 0] + np.sin(3 * x[:, 0]) + 0.15 * rng.normal(size=600)
    return jr.Data(x, y, task="regression", name="ridge")


@_of("held")
def glyphs() -> jr.Data:
    """1,500 drawings of ten letters, 12 × 12 pixels, shifted, turned and noisy."""
    from PIL import Image, ImageDraw, ImageFont

    rng, font = np.random.default_rng(41), ImageFont.load_default()
    y, drawn = rng.permutation(np.arange(1500) % 10), []
    for label in y:
        sheet = Image.new("L", (24, 24))
        draw = ImageDraw.Draw(sheet)
        draw.text((12, 12), "ABEHKMRSTX"[label], 255, font, anchor="mm")
        left, top = rng.integers(6, 8, 2)
        turned = sheet.rotate(rng.uniform(-8, 8), Image.Resampling.BILINEAR)
        drawn.append(np.asarray(turned, float)[top : top + 12, left : left + 12])
    x = np.clip(np.array(drawn) + 52 * rng.normal(size=(1500, 12, 12)), 0, 255)
    return jr.Data(x.reshape(1500, 144), y, task="multiclass", name="glyphs")


@_of("held")
def german() -> jr.Data:
    """Good and bad credits: twenty attributes, categories by their numbers."""
    lines = (SHARED / "tables" / "german.csv").read_text().split()
    cells = [[cell.removeprefix("A") for cell in line.split(",")] for line in lines]
    table = np.array(cells, float)
    return jr.Data(table[:, :-1], (table[:, -1] == 2).astype(int), task="binary", name="german")


@_of("held")
def sunspots() -> jr.Data:
    """The sunspots of a month from those of the twelve months before."""
    lines = (SHARED / "series" / "monthly-sunspots.csv").read_text().split()[1:]
    counts = np.array([line.split(",")[1] for line in lines], float)[-2012:]
    x = np.lib.stride_tricks.sliding_window_view(counts[:-1], 12)
    return jr.Data(x, counts[12:], task="regression", name="sunspots")


@_of("held")
def parity3() -> jr.Data:
    """The eight rows of three-bit parity; nothing to validate on."""
    x = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], float)
    return jr.Data(x, x.sum(axis=1).astype(int) % 2, task="binary", name="parity3")


@_of("held")
def comparing() -> jr.Data:
    """Whether two marked numbers add up to more than 1."""
    x, first, second = _two_marked(42)
    return jr.Data(x, (first + second > 1).astype(int), task="binary", name="comparing")


NEEDS_SHARED = {"pima", "abalone", "mnist", "reviews", "german", "sunspots"}
