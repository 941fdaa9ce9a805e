"""Accuracy of the defaults on pictures, series and texts: a figure, its seeds and its seconds.

    python benchmarks/truth.py digits | mnist | japanese_vowels | gunpoint | basic_motions |
                               airline | temperatures | sunspots | nsmc | nsmc_team
                               [--seeds 3] [--first 0] [--epochs 20]

Nothing is tuned on what is measured here: defaults were chosen on validation parts and on other
sets. Data that neither scikit-learn nor the aeon package brings lies in ``shared/data`` beside the
checkout; where it is not, the command says so.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np

import jaram as jr

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDS = 5
TRAINED = 8000  # of the 10,000 pictures


def needed(path: Path) -> Path:
    if not path.exists():
        raise SystemExit(f"{path} is needed and is not there.")
    return path


def digits(recipe: jr.Recipe) -> float:
    """Accuracy over five folds of scikit-learn's digits as pictures 8 × 8 × 1."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import StratifiedKFold

    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8, 1)
    right = 0
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=recipe.seed).split(x, y):
        run = jr.train(recipe, jr.Data(x[train], y[train]))
        right += int((run.predict(x[test]) == y[test]).sum())
    return right / len(y)


def mnist(recipe: jr.Recipe) -> float:
    """Accuracy on the last 2,000 of the 10,000 pictures, trained on the first 8,000."""
    data = jr.load(needed(SHARED / "mnist10k"))
    x, y = np.asarray(data.x), np.asarray(data.y)
    run = jr.train(recipe, jr.Data(x[:TRAINED], y[:TRAINED]))
    return float((run.predict(x[TRAINED:]) == y[TRAINED:]).mean())


def archive(name: str) -> Callable[[jr.Recipe], float]:
    """Accuracy on the test part that the UCR/UEA archive gives."""

    def measured(recipe: jr.Recipe) -> float:
        found = importlib.util.find_spec("aeon")
        if found is None or found.origin is None:
            raise SystemExit("The package aeon brings this data: pip install aeon --no-deps")
        folder = Path(found.origin).parent / "datasets" / "data" / name
        train, test = (needed(folder / f"{name}_{part}.ts") for part in ("TRAIN", "TEST"))
        run = jr.train(recipe, jr.load(str(train), test=str(test)))
        return run.metrics["test/accuracy"]

    return measured


def forecast(file: str, ahead: int) -> Callable[[jr.Recipe], str]:
    """Mean absolute errors on the last fifth of the windows, beside forecasts that need no
    learning and a linear network."""

    def measured(recipe: jr.Recipe) -> str:
        data = jr.load(needed(SHARED / "series" / file), forecast=ahead)
        run = jr.train(dataclasses.replace(recipe, test=0.2), data)
        linear = jr.train(dataclasses.replace(recipe, network=(jr.Flatten(),), test=0.2), data)
        errors = {"network": run.metrics["test/mae"], "linear": linear.metrics["test/mae"]}
        naive = run.summary["baselines"]["test"]
        errors |= {name: one["mae"] for name, one in naive.items()}
        return ", ".join(f"{name} {error:.2f}" for name, error in errors.items())

    return measured


def nsmc(recipe: jr.Recipe) -> float:
    """Accuracy on the 5,000 film reviews of the test part."""
    folder = needed(SHARED / "nsmc")
    data = jr.load(folder / "train.tsv", target="positive")
    run = jr.train(recipe, data)
    return run.evaluate(folder / "test.tsv")["accuracy"]


def nsmc_team(recipe: jr.Recipe) -> float:
    """The same by six networks that vote: three seeds of the default by characters and three by
    letters, trained on all reviews for as many epochs as were best on parts of them."""
    folder = needed(SHARED / "nsmc")
    members: list[jr.Run] = []
    units: tuple[tuple[Literal["character", "jamo"], int], ...] = (("character", 7), ("jamo", 4))
    for unit, epochs in units:
        data = jr.load(folder / "train.tsv", target="positive", unit=unit)
        whole = dataclasses.replace(recipe, validation=0.0, epochs=epochs)
        members += jr.train(
            [dataclasses.replace(whole, seed=recipe.seed + k) for k in range(3)], data
        )
    return jr.Ensemble(members).evaluate(folder / "test.tsv")["accuracy"]


MEASURES: dict[str, Callable[[jr.Recipe], float | str]] = {
    "digits": digits,
    "mnist": mnist,
    "japanese_vowels": archive("JapaneseVowels"),
    "gunpoint": archive("GunPoint"),
    "basic_motions": archive("BasicMotions"),
    "airline": forecast("airline-passengers.csv", 12),
    "temperatures": forecast("daily-min-temperatures.csv", 7),
    "sunspots": forecast("monthly-sunspots.csv", 12),
    "nsmc": nsmc,
    "nsmc_team": nsmc_team,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=MEASURES)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="fewer than the default's, where time is short")
    given = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    for seed in range(given.first, given.first + given.seeds):
        started = time.perf_counter()
        found = MEASURES[given.what](jr.Recipe(seed=seed, epochs=given.epochs))
        shown = found if isinstance(found, str) else f"accuracy {found:.4f}"
        print(
            f"{given.what} seed {seed}: {shown}, {time.perf_counter() - started:.0f} s", flush=True
        )


if __name__ == "__main__":
    main()
