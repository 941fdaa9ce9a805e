"""A group: recipes that are trained together, and the data that they share."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax

from jaram.data.prepare import Prepared
from jaram.recipe import Recipe
from jaram.training.order import steps_per_epoch


@dataclasses.dataclass(frozen=True)
class Group:
    """Recipes of one structure, completed, with the data that they share."""

    recipes: tuple[Recipe, ...]
    prepared: Prepared

    @property
    def first(self) -> Recipe:
        return self.recipes[0]

    @property
    def epochs(self) -> int:
        return self.first.epochs or 1

    @property
    def batch_size(self) -> int:
        examples, chosen = len(self.prepared.train.x), self.first.batch_size
        return examples if chosen in ("full", None) else min(int(chosen), examples)

    @property
    def steps(self) -> int:
        return steps_per_epoch(len(self.prepared.train.x), self.batch_size)


def structure(recipe: Recipe) -> Any:
    """What recipes must share to be trained as one group."""
    return jax.tree.structure(recipe)
