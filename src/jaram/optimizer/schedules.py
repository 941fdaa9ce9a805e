"""Learning-rate schedules: a factor on the optimizer's learning rate that changes with time.

Time is counted in steps from 0; ``epoch`` stands for step / steps_per_epoch, a float. A schedule
is a pure function of time, but for :class:`ReduceOnPlateau`, whose state the trainer carries from
epoch to epoch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, NamedTuple

import jax.numpy as jnp
from jax import Array
from pydantic import AfterValidator

from jaram.errors import RecipeError
from jaram.spec import Count, NonNegative, Positive, Share, parser, spec

Steps = Array | float
"""A number of steps: an int, or a traced int32 or float32 scalar."""


class Schedule(ABC):
    """How the learning rate changes."""

    @abstractmethod
    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        """What the learning rate is multiplied with at ``step``, a float scalar.

        ``step`` runs from 0 to ``total_steps`` - 1; all three may be traced.
        """


ScheduleField = Annotated[Schedule | None, parser("schedule")]
InnerScheduleField = Annotated[
    Schedule, parser("schedule"), AfterValidator(lambda inner: _function_of_time(inner))
]


@spec(family="schedule", name="constant", aliases=("constant_rate",))
class ConstantRate(Schedule):
    """1 throughout."""

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        return jnp.ones(())


@spec(family="schedule", name="step_decay", aliases=("step",))
class StepDecay(Schedule):
    """drop ^ floor(epoch / every_epochs)."""

    drop: Positive = 0.5
    every_epochs: Count = 10

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        # Whole steps over whole steps: an epoch that ends exactly must not be rounded below its
        # number.
        return jnp.power(self.drop, jnp.floor(step / (self.every_epochs * steps_per_epoch)))


@spec(family="schedule", name="exponential")
class Exponential(Schedule):
    """decay ^ epoch, falling a little at every step."""

    decay: Positive = 0.95

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        return jnp.power(self.decay, step / steps_per_epoch)


@spec(family="schedule", name="inverse_time")
class InverseTime(Schedule):
    """1 / (1 + decay · epoch), falling a little at every step."""

    decay: NonNegative = 0.1

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        return 1 / (1 + self.decay * jnp.asarray(step / steps_per_epoch))


@spec(family="schedule", name="cosine")
class Cosine(Schedule):
    """Half a wave from 1 down to ``final``: final + (1 - final) (1 + cos(π step / total_steps)) /
    2.

    (Loshchilov & Hutter, 2017, without restarts.)
    """

    final: NonNegative = 0.0

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        return _half_wave(1.0, self.final, step / total_steps)


@spec(family="schedule", name="cosine_cycles")
class CosineCycles(Schedule):
    """``cycles`` times half a wave from 1 to 0, each beginning anew: (1 + cos(π · (step mod length)
    / length)) / 2 with length = total_steps / cycles, rounded up to whole steps.

    At the end of each the network has settled; from there the high rate drives it out to another
    solution, which a snapshot ensemble collects (Huang et al., 2017, equation 2).
    """

    cycles: Count = 5

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        length = jnp.ceil(jnp.asarray(total_steps) / self.cycles)
        return _half_wave(1.0, 0.0, jnp.mod(jnp.asarray(step, jnp.float32), length) / length)


@spec(family="schedule", name="warm_up")
class WarmUp(Schedule):
    """A straight rise to 1 over the first steps, times the schedule ``then`` over the rest.

    The factor of the rise is (step + 1) / warm, so that the first step moves already.

    share: how much of the training the rise takes.
    epochs: the length of the rise in epochs, in place of ``share``.
    then: the schedule after the rise; its step 0 is the rise's end.
    """

    share: Share = 0.05
    then: InnerScheduleField = ConstantRate()
    epochs: Positive | None = None

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        warm = self.share * total_steps if self.epochs is None else self.epochs * steps_per_epoch
        rise = jnp.minimum((step + 1) / jnp.maximum(warm, 1.0), 1.0)
        rest = jnp.maximum(total_steps - warm, 1.0)
        return rise * self.then.factor(jnp.maximum(step - warm, 0.0), rest, steps_per_epoch)


@spec(family="schedule", name="one_cycle")
class OneCycle(Schedule):
    """Up from ``start`` to 1, then down to ``final``, each half a cosine wave (Smith & Topin,
    2018).

    The optimizer's learning rate is the peak. The momentum is left alone, unlike in the paper.

    rise: the share of the training that the way up takes.
    """

    rise: Share = 0.3
    start: Positive = 0.04
    final: NonNegative = 4e-6

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        peak = jnp.maximum(self.rise * total_steps - 1, 0.0)  # the step that has the full rate
        last = jnp.maximum(total_steps - 1.0, peak + 1)
        up = _half_wave(self.start, 1.0, step / jnp.maximum(peak, 1e-6))
        down = _half_wave(1.0, self.final, (step - peak) / (last - peak))
        return jnp.where(step < peak, up, down)


def _function_of_time(schedule: Schedule) -> Schedule:
    """``schedule``, if it may stand inside another: a plateau would wait for scores that never
    come."""
    if isinstance(schedule, ReduceOnPlateau):
        raise RecipeError("recipe.plateau_inside")
    return schedule


class PlateauState(NamedTuple):
    """Where a plateau schedule stands after an epoch; all are scalars.

    factor: float32, what multiplies the learning rate. best: float32, the lowest score so far.
    waited: int32, epochs since then or since the last drop.
    """

    factor: Array
    best: Array
    waited: Array


@spec(family="schedule", name="reduce_on_plateau", aliases=("plateau",))
class ReduceOnPlateau(Schedule):
    """The rate is multiplied with ``drop`` after ``patience`` epochs in a row without improvement.

    A score (lower is better: the validation loss) improves if it is below the best by more than
    ``threshold`` of the best's size. :meth:`factor` is 1; the trainer calls :meth:`update` after
    each epoch and multiplies with the state's ``factor``.

    min_factor: the factor never falls below this.
    """

    drop: Share = 0.5
    patience: Count = 5
    min_factor: NonNegative = 1e-3
    threshold: NonNegative = 1e-4

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        return jnp.ones(())

    def initial(self) -> PlateauState:
        """The state before the first epoch."""
        return PlateauState(jnp.float32(1), jnp.float32(jnp.inf), jnp.int32(0))

    def update(self, state: PlateauState, score: Array | float) -> PlateauState:
        """The state after an epoch that ended with ``score``; a NaN is no improvement."""
        score = jnp.asarray(score, jnp.float32)
        needed = jnp.where(jnp.isinf(state.best), 0.0, self.threshold * jnp.abs(state.best))
        better = score < state.best - needed
        waited = jnp.where(better, 0, state.waited + 1)
        drops = waited >= self.patience
        lowered = jnp.maximum(state.factor * self.drop, self.min_factor)
        return PlateauState(
            jnp.where(drops, lowered, state.factor).astype(jnp.float32),
            jnp.where(better, score, state.best),
            jnp.where(drops, 0, waited).astype(jnp.int32),
        )


def _half_wave(start: Steps, end: Steps, share: Steps) -> Array:
    """From ``start`` to ``end`` along half a cosine wave as ``share`` goes from 0 to 1, and
    ``end`` after.
    """
    return end + (start - end) * 0.5 * (1 + jnp.cos(jnp.pi * jnp.clip(share, 0.0, 1.0)))
