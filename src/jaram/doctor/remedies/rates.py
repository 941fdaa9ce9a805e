"""Remedies of the update: the rate, its schedule, clipping, momentum, the rule itself.

All but the first warm-up, schedule, clipping and another rule change knobs only, so that their
doses train beside the control in one program.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from jaram.data.prepare import Prepared
from jaram.defaults import default_batch_size
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.doctor.remedies.surgery import rounded
from jaram.optimizer.clipping import ClipNorm
from jaram.optimizer.optimizers import SGD, Adam, Momentum, Nesterov, Optimizer, RMSProp
from jaram.optimizer.schedules import (
    ConstantRate,
    Cosine,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    WarmUp,
)
from jaram.recipe import Recipe

FACTORS = (3.0, 10.0, 100.0)
"""Half a decade, one and two: a rate matters by its order of magnitude, and a half decade off the
best costs little."""
ALIKE = 1.5
"""Rates nearer to each other than this factor are one dose."""


@remedy("lower_learning_rate")
def lower_learning_rate(recipe: Recipe, prepared: Prepared) -> Doses:
    """Divided by 3, 10 and 100, and the optimizer's usual rate if that is lower still."""
    return _other_rates(recipe, is_down=True)


@remedy("raise_learning_rate")
def raise_learning_rate(recipe: Recipe, prepared: Prepared) -> Doses:
    """Times 3, 10 and 100, and the optimizer's usual rate if that is higher still."""
    return _other_rates(recipe, is_down=False)


def _other_rates(recipe: Recipe, is_down: bool) -> Doses:
    """The doses, nearest to the usual rate first."""
    optimizer = recipe.optimizer
    if optimizer is None or optimizer.uses_linesearch:  # the search finds the step itself
        return
    now, usual = optimizer.learning_rate, usual_rate(optimizer)
    rates: dict[str, float] = {}
    for factor in FACTORS:
        dose = f"÷ {factor:g}" if is_down else f"× {factor:g}"
        rates[dose] = rounded(now / factor if is_down else now * factor)
    far = min(rates.values()) / usual if is_down else usual / max(rates.values())
    if far > ALIKE:
        rates[f"{usual:g}"] = usual
    for dose, rate in sorted(rates.items(), key=lambda item: abs(math.log(item[1] / usual))):
        yield dose, dataclasses.replace(recipe, optimizer=_with(optimizer, learning_rate=rate))


def usual_rate(optimizer: Optimizer) -> float:
    """The rate that an optimizer has if none is said, for the momentum it has.

    The velocity adds up 1 / (1 - momentum) gradients, and the 0.01 of gradient descent is usual
    with momentum 0.9.
    """
    usual: float = type(optimizer)().learning_rate
    if isinstance(optimizer, SGD | Momentum | Nesterov):
        return rounded(10 * usual * (1 - min(0.9, optimizer.momentum)))
    return usual


def _with(optimizer: Optimizer, **fields: Any) -> Optimizer:
    changed: Optimizer = dataclasses.replace(optimizer, **fields)  # type: ignore[type-var]
    return changed


@remedy("schedule_learning_rate")
def schedule_learning_rate(recipe: Recipe, prepared: Prepared) -> Doses:
    """Half a cosine wave down to 0, after the warm-up if there is one."""
    if recipe.optimizer is None or recipe.optimizer.uses_linesearch:
        return
    now = recipe.schedule
    if isinstance(now, Cosine | OneCycle):
        return
    to: Schedule = Cosine()
    if isinstance(now, WarmUp):
        if isinstance(now.then, Cosine | OneCycle):
            return
        to = dataclasses.replace(now, then=Cosine())
    yield "cosine", dataclasses.replace(recipe, schedule=to)


@remedy("warm_up")
def warm_up(recipe: Recipe, prepared: Prepared) -> Doses:
    """A rise of the rate from 0 over the first tenth, or the first three tenths, of the steps."""
    now = recipe.schedule
    if recipe.optimizer is None or recipe.optimizer.uses_linesearch:
        return
    # A cycle begins with a rise of its own; a plateau can't stand inside another schedule.
    if isinstance(now, WarmUp | OneCycle | ReduceOnPlateau):
        return
    for share in (0.1, 0.3):
        schedule = WarmUp(share, now or ConstantRate())
        yield f"{share:.0%}", dataclasses.replace(recipe, schedule=schedule)


@remedy("clip_gradients")
def clip_gradients(recipe: Recipe, prepared: Prepared) -> Doses:
    """The whole gradient to a length of 1 or 0.1 at most; a tenth of the limit that there is."""
    if recipe.optimizer is None or recipe.optimizer.uses_linesearch:
        return
    limits: Iterable[float] = (1.0, 0.1)
    if isinstance(recipe.clip, ClipNorm):
        limits = (rounded(recipe.clip.limit / 10),)
    for limit in limits:
        yield f"{limit:g}", dataclasses.replace(recipe, clip=ClipNorm(limit))


@remedy("add_momentum")
def add_momentum(recipe: Recipe, prepared: Prepared) -> Doses:
    """0.9, at the same rate and at a tenth of it, which keeps the length of the steps."""
    optimizer = recipe.optimizer
    if not isinstance(optimizer, SGD | Momentum | Nesterov | RMSProp):
        return
    if optimizer.momentum >= 0.9:
        return
    full = _with(optimizer, momentum=0.9)
    gentle = _with(full, learning_rate=rounded(optimizer.learning_rate / 10))
    for dose, to in (("0.9", full), ("0.9, ÷ 10", gentle)):
        yield dose, dataclasses.replace(recipe, optimizer=to)


@remedy("change_optimizer")
def change_optimizer(recipe: Recipe, prepared: Prepared) -> Doses:
    """Adam at 0.001 and at 0.01, its other numbers as published.

    A rule that searched along a line had the whole training part in each step; Adam takes
    minibatches.
    """
    optimizer, usual = recipe.optimizer, Adam()
    if optimizer is None or _is_sound_adam(optimizer):
        return
    batch: Any = recipe.batch_size
    if optimizer.uses_linesearch:
        batch = default_batch_size(len(prepared.train))
    for rate in (usual.learning_rate, 10 * usual.learning_rate):
        to = dataclasses.replace(recipe, optimizer=Adam(rate), batch_size=batch)
        yield f"adam {rate:g}", to


def _is_sound_adam(optimizer: Optimizer) -> bool:
    """Whether it is Adam or a close relative with its usual numbers, whatever the rate."""
    names = ("beta1", "beta2", "epsilon")
    if not all(hasattr(optimizer, name) for name in names):
        return False
    usual = type(optimizer)()
    return all(getattr(optimizer, name) == getattr(usual, name) for name in names)
