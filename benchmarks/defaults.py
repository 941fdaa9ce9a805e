"""Accuracy of the defaults: repeated 10-fold cross-validation on built-in sets, nothing tuned.

The defaults were chosen on the shuffles 0 to 2; the shuffles here begin at 100.

    python benchmarks/defaults.py [repeats]
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from sklearn import datasets
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, StratifiedKFold

import jaram as jr

BARS = {"iris": 0.96, "wine": 0.98, "breast_cancer": 0.975, "digits": 0.98, "diabetes": 0.46}
FIRST_SHUFFLE = 100


def scores(name: str, shuffle: int) -> list[float]:
    """Test score of each of ten folds, one network each, defaults only."""
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    is_regression = name == "diabetes"
    folds = (KFold if is_regression else StratifiedKFold)(10, shuffle=True, random_state=shuffle)
    metric = r2_score if is_regression else accuracy_score
    found = []
    for train, test in folds.split(x, y):
        run = jr.train(data=jr.Data(x[train], y[train], "regression" if is_regression else None))
        found.append(float(metric(y[test], run.predict(x[test]))))
    return found


def main() -> None:
    warnings.filterwarnings("ignore", category=UserWarning)
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| data | bar | mean | lowest and highest 10-fold mean |")
    print("| --- | --- | --- | --- |")
    for name, bar in BARS.items():
        means = [np.mean(scores(name, FIRST_SHUFFLE + k)) for k in range(repeats)]
        spread = f"{min(means):.4f} to {max(means):.4f} ({repeats} shuffles)"
        print(f"| {name} | {bar} | {np.mean(means):.4f} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
