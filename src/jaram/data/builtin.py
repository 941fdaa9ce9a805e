"""Data sets that come with the package, by name."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from jaram.data.csv_file import parse_csv
from jaram.data.data import Data
from jaram.data.synthetic import PROBLEMS, make
from jaram.data.synthetic_series import SERIES_PROBLEMS, SHORTEST, USUAL_LENGTH, make_series
from jaram.data.table import Source, Table
from jaram.errors import DataError

FROM_SKLEARN = ("iris", "wine", "breast_cancer", "digits", "digits_pictures", "diabetes")
SHIPPED = {"penguins": "species", "film_reviews": "positive"}
"""Tables that are shipped in ``sets/``, and their targets."""
MADE_UP = (*PROBLEMS, *SERIES_PROBLEMS)
NAMES = (*FROM_SKLEARN, *SHIPPED, *MADE_UP)


def is_made_of_arrays(source: Any) -> bool:
    """Whether ``source`` names examples that bring their answers and have no table of columns."""
    if isinstance(source, str) and (source in FROM_SKLEARN or source in MADE_UP):
        return True
    return isinstance(source, str | Path) and Path(source).suffix.lower() == ".npz"


def shipped_table(name: str) -> Table:
    """A shipped table."""
    data = resources.files("jaram.data").joinpath("sets", f"{name}.csv").read_bytes()
    table = parse_csv(data, f"{name}.csv")
    return replace(table, source=replace(table.source, kind="built-in", path=None))


def sklearn_set(name: str, task: str | None = None) -> Data:
    """A set of scikit-learn's, which is imported only now (about a second)."""
    from sklearn import datasets

    if name == "digits_pictures":
        return _digits_pictures(datasets.load_digits(), task)
    found: Any = getattr(datasets, f"load_{name}")()
    classes = None
    if name != "diabetes":
        classes = [str(label) for label in found.target_names]
    names = [str(feature) for feature in found.feature_names]
    kind = task or ("regression" if name == "diabetes" else "classification")
    return Data(
        np.asarray(found.data, np.float32),
        found.target,
        task=kind,
        feature_names=names,
        class_names=classes,
        name=name,
        source=Source("built-in"),
    )


def _digits_pictures(found: Any, task: str | None) -> Data:
    """The digits as pictures (8, 8, 1) of bytes, 0 to 255 (they come as 0 to 16)."""
    pixels = np.round(found.images * (255 / 16)).astype(np.uint8)
    return Data(
        pixels[..., np.newaxis],
        found.target,
        task=task or "classification",
        feature_names=("gray",),
        class_names=[str(label) for label in found.target_names],
        name="digits_pictures",
        source=Source("built-in"),
    )


def synthetic_set(
    name: str, n: int, noise: float | None, seed: int, length: int | None = None
) -> Data:
    """A problem made of numbers; see :mod:`jaram.data.synthetic` and
    :mod:`jaram.data.synthetic_series`. length: steps of a series."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 10:
        raise DataError("data.bad_count", n=n)
    if name in SERIES_PROBLEMS:
        return _series_set(name, n, seed, USUAL_LENGTH if length is None else length)
    x, y = make(name, n, noise, seed)
    kind = "regression" if name == "sine" else "classification"
    return Data(x.astype(np.float32), y, task=kind, name=name, source=Source("built-in"))


def _series_set(name: str, n: int, seed: int, length: int) -> Data:
    problem = SERIES_PROBLEMS[name]
    if isinstance(length, bool) or not isinstance(length, int) or length < SHORTEST:
        raise DataError("data.bad_length", name=name, least=SHORTEST, length=length)
    x, y = make_series(name, n, length, seed)
    return Data(
        x.astype(np.float32),
        y,
        task=problem.task,
        feature_names=problem.channels,
        name=name,
        source=Source("built-in"),
    )
