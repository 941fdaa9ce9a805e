"""What a training costs one core, by the operations of its steps: the same on any machine."""

from __future__ import annotations

from jaram.data.prepare import Prepared
from jaram.network.network import table
from jaram.recipe import Recipe
from jaram.training.group import Group
from jaram.training.planning import CORE_RATE, STEP_SECONDS


def step_seconds(recipe: Recipe, prepared: Prepared) -> float:
    """Seconds that a step of one member takes, roughly; ``recipe`` is completed."""
    operations = sum(row.operations for row in table(recipe.network or (), prepared.input_shape))
    batch = Group((recipe,), prepared).batch_size
    # Forward and backward are six floating-point operations a multiply-add.
    return STEP_SECONDS + 6 * operations * batch / CORE_RATE


def epoch_seconds(recipe: Recipe, prepared: Prepared) -> float:
    """Seconds that an epoch of one member takes, roughly."""
    return Group((recipe,), prepared).steps * step_seconds(recipe, prepared)
