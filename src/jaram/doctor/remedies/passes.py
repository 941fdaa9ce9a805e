"""Remedies of how the examples are passed: minibatches, their order, how many epochs, when to
stop."""

from __future__ import annotations

import dataclasses

from jaram.data.prepare import Prepared
from jaram.defaults import default_batch_size
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.objective.monitors import default_monitor
from jaram.objective.stopping import EarlyStopping
from jaram.optimizer.schedules import StepDecay
from jaram.recipe import Recipe

STEP = 4
"""The next batch size worth a try: the noise of a gradient goes by the root of the batch."""
FEWEST = 8
"""Examples a step below which a step is cheap already."""
MOST_EPOCHS = 10_000_000
LEAST_PATIENCE = 10


def batch_of(recipe: Recipe, examples: int) -> int:
    """Examples a step, of which there are at most so many."""
    size = recipe.batch_size
    return examples if size == "full" or size is None else min(int(size), examples)


def _searches(recipe: Recipe) -> bool:
    """Whether the optimizer needs the whole training part in each step."""
    return recipe.optimizer is not None and recipe.optimizer.uses_linesearch


@remedy("larger_batch")
def larger_batch(recipe: Recipe, prepared: Prepared) -> Doses:
    """The default size if that is larger; four times as many examples, at most a tenth of all."""
    examples = len(prepared.train)
    now, usual = batch_of(recipe, examples), default_batch_size(examples)
    if _searches(recipe):
        return
    sizes = [usual] if usual > now else []
    more = _power_of_two(max(now, usual) * STEP if usual > now else now * STEP)
    if more <= max(examples // 10, usual):
        sizes.append(more)
    for size in dict.fromkeys(size for size in sizes if now < size <= examples):
        yield str(size), dataclasses.replace(recipe, batch_size=size)


@remedy("smaller_batch")
def smaller_batch(recipe: Recipe, prepared: Prepared) -> Doses:
    """The default size if that is smaller, and a quarter of it; else a quarter."""
    examples = len(prepared.train)
    now, usual = batch_of(recipe, examples), default_batch_size(examples)
    if _searches(recipe):
        return
    sizes = [usual, _power_of_two(usual // STEP)] if usual < now else [_power_of_two(now // STEP)]
    for size in dict.fromkeys(size for size in sizes if FEWEST <= size < now):
        yield str(size), dataclasses.replace(recipe, batch_size=size)


def _power_of_two(size: int) -> int:
    """The largest that is no larger; 1 at least."""
    return 1 << max(0, size.bit_length() - 1)


@remedy("shuffle")
def shuffle(recipe: Recipe, prepared: Prepared) -> Doses:
    """A new order in each epoch."""
    if not recipe.shuffle:
        yield "", dataclasses.replace(recipe, shuffle=True)


@remedy("more_epochs", cost="time")
def more_epochs(recipe: Recipe, prepared: Prepared) -> Doses:
    """Three and ten times as many, with as much more patience and as much later drops of the
    rate."""
    for factor in (3, 10):
        epochs = (recipe.epochs or 1) * factor
        if epochs > MOST_EPOCHS:
            return
        stop, schedule = recipe.stop, recipe.schedule
        if isinstance(stop, EarlyStopping):
            stop = dataclasses.replace(stop, patience=stop.patience * factor)
        if isinstance(schedule, StepDecay):  # else the rate is gone before the new epochs begin
            every = schedule.every_epochs * factor
            schedule = dataclasses.replace(schedule, every_epochs=every)
        yield (
            f"× {factor}",
            dataclasses.replace(recipe, epochs=epochs, stop=stop, schedule=schedule),
        )


@remedy("stop_early")
def stop_early(recipe: Recipe, prepared: Prepared) -> Doses:
    """After a fifth of the epochs without a better validation loss, ten at least."""
    if recipe.stop is not None or recipe.loss is None:
        return
    if prepared.valid is None or not len(prepared.valid):
        return
    patience = max(LEAST_PATIENCE, (recipe.epochs or 1) // 5)
    if patience < (recipe.epochs or 1):
        stop = EarlyStopping(patience, default_monitor(prepared.task, recipe.loss))  # type: ignore[arg-type]
        yield f"{patience}", dataclasses.replace(recipe, stop=stop)
