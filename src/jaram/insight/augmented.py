"""Training pictures as augmentation changes them, before the network sees them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import jax
import numpy as np
from jax import Array

from jaram.augmentation import Augmentation, augmented
from jaram.data.prepare import Prepared
from jaram.insight.pixels import as_they_came, pixels_of
from jaram.recipe import Recipe
from jaram.spec import words
from jaram.training.devices import QUICKLY, available

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "augmented.json"
PICTURES = 6
TIMES = 7


def sheet(recipe: Recipe, prepared: Prepared) -> dict[str, Any]:
    """Plain values for :data:`FILE`: pictures of the training part, each as it is and changed
    :data:`TIMES` times; empty if the recipe changes none.

    The changes are drawn as in training, with keys of their own.
    """
    if not recipe.augment or prepared.preparation.kind != "pictures":
        return {}
    changes = cast("tuple[Augmentation, ...]", recipe.augment)
    train = prepared.train
    rows = np.linspace(0, len(train.x) - 1, min(PICTURES, len(train.x))).astype(int)
    x = np.asarray(train.x[rows], np.float32)
    changed = changed_pictures(changes, x, int(recipe.seed))
    every = np.concatenate([x[np.newaxis], changed])  # (1 + times, pictures, height, width, ...)
    shown = as_they_came(prepared.preparation, every.reshape(-1, *x.shape[1:]))
    shown = shown.reshape(len(every), len(x), *shown.shape[1:])
    task = prepared.task
    return {
        "augment": [words(change) for change in changes],
        "pictures": [
            {
                "true": task.classes[int(train.y[row])] if task.has_classes else None,
                "picture": pixels_of(shown[0, place]),
                "changed": [pixels_of(one) for one in shown[1:, place]],
            }
            for place, row in enumerate(rows)
        ],
    }


def changed_pictures(
    changes: tuple[Augmentation, ...], x: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    """``x`` (n, height, width, channels) changed :data:`TIMES` times, ``(times, *x.shape)``."""
    repeated = np.concatenate([x] * TIMES)
    return np.asarray(_program()(changes, seed, repeated)).reshape(TIMES, *x.shape)


@cache
def _program() -> Any:
    on_cpu = available()[0].platform == "cpu"
    options = QUICKLY if on_cpu else None
    return jax.jit(_changed, compiler_options=options)


def _changed(changes: tuple[Augmentation, ...], seed: Array, x: Array) -> Array:
    return augmented(changes, jax.random.key(seed), x).x
