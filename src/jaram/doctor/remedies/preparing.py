"""Remedies of the preparation: scales of inputs and targets, weights of classes."""

from __future__ import annotations

import dataclasses

import numpy as np

from jaram.data.prepare import Prepared
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.network.frozen import bare
from jaram.recipe import Recipe
from jaram.spec import name_of


@remedy("scale_input")
def scale_input(recipe: Recipe, prepared: Prepared) -> Doses:
    """Every column to mean 0 and deviation 1; not where the inputs are tokens."""
    reads_tokens = bool(recipe.network) and name_of(bare((recipe.network or ())[0])) == "embedding"
    if recipe.scale != "standard" and not reads_tokens:
        yield "standard", dataclasses.replace(recipe, scale="standard")


@remedy("scale_target")
def scale_target(recipe: Recipe, prepared: Prepared) -> Doses:
    """Targets of a regression to mean 0 and deviation 1; predictions come back in their unit."""
    if prepared.task.kind == "regression" and not recipe.scale_target:
        yield "standard", dataclasses.replace(recipe, scale_target=True)


@remedy("class_weights")
def class_weights(recipe: Recipe, prepared: Prepared) -> Doses:
    """Every class with the same weight in all, where the classes are not of one size."""
    if not prepared.task.has_classes or recipe.class_weight == "balanced":
        return
    counts = np.bincount(prepared.train.y.astype(np.int64))
    if np.ptp(counts) > 0:
        yield "balanced", dataclasses.replace(recipe, class_weight="balanced")
