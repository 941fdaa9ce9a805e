"""The end of an epoch of one member: evaluation, probe, and what follows from them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaram.data.task import Task
from jaram.objective.monitors import default_monitor, monitors
from jaram.objective.stopping import EarlyStopping
from jaram.optimizer.averaging import Averaging
from jaram.optimizer.schedules import ReduceOnPlateau
from jaram.recipe import Recipe
from jaram.training import probe, supervised
from jaram.training.evaluated import Watched, evaluate
from jaram.training.layout import Plan
from jaram.training.state import Best, EpochRecord, MemberState
from jaram.training.supervised import Progress


def end_epoch(
    plan: Plan,
    recipe: Recipe,
    state: MemberState,
    watched: Watched,
    losses: Array,
    progress: Progress,
) -> tuple[MemberState, EpochRecord]:
    """The state after an epoch whose steps are done, and the epoch's record.

    losses: ``(steps,)`` of them. progress: its ``step`` is not read.
    """
    evaluated = state.params
    if isinstance(recipe.averaging, Averaging):
        evaluated = state.average
    metrics = evaluate(plan, recipe, evaluated, state, watched)
    last = progress._replace(step=state.step - 1)
    vitals = jnp.zeros((0, 0), jnp.float32)
    if plan.takes_vitals:
        vitals = probe.vital_signs(recipe, plan.task, state, watched.probe, last, plan.shares)
    rate = supervised.learning_rate(recipe, state.plateau, last)
    record = EpochRecord(losses, rate, metrics, vitals)
    return _after_epoch(plan.task, recipe, state, evaluated, record), record


def _after_epoch(
    task: Task, recipe: Recipe, state: MemberState, evaluated: Any, record: EpochRecord
) -> MemberState:
    """Best epoch, plateau schedule, early stop and divergence."""
    stop = recipe.stop if isinstance(recipe.stop, EarlyStopping) else None
    assert recipe.loss is not None
    monitor = stop.monitor if stop else default_monitor(task, recipe.loss)
    names = monitors(task)
    score = record.metrics[-1, names.index(monitor)]
    if monitor in ("accuracy", "r2"):
        score = -score
    epoch = state.epoch + 1
    # Weights that are not finite show in the loss of the training sample, taken after the last
    # step.
    finite = jnp.isfinite(record.losses).all() & jnp.isfinite(
        record.metrics[0, names.index("loss")]
    )
    score = jnp.where(finite & jnp.isfinite(score), score, jnp.inf).astype(jnp.float32)
    is_better = score < state.best.score
    counts = score < state.best.score - (stop.min_delta if stop else 0.0)
    candidate = Best(score, epoch, evaluated, state.network_state)
    best = jax.lax.cond(is_better, lambda: candidate, lambda: state.best)
    waited = jnp.where(counts, 0, state.waited + 1)
    out_of_patience = waited >= stop.patience if stop else jnp.bool_(False)
    plateau = state.plateau
    if isinstance(recipe.schedule, ReduceOnPlateau):
        plateau = recipe.schedule.update(plateau, score)
    return state._replace(
        plateau=plateau,
        epoch=epoch,
        waited=waited,
        is_stopped=state.is_stopped | out_of_patience | ~finite,
        is_diverged=state.is_diverged | ~finite,
        best=best,
    )
