"""Writing: a trained language model goes on with a text, one unit after the other."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.data.language import joined, pieces
from jaram.data.notices import DataWarning, Notice, listed
from jaram.data.task import Task
from jaram.data.vocabulary import UNKNOWN, Vocabulary
from jaram.errors import RunError, UsageError
from jaram.network.network import NetworkParams, NetworkState
from jaram.network.stepwise import Carries, first_carries, next_step, require_stepwise
from jaram.objective.decisions import probabilities
from jaram.recipe import Recipe
from jaram.runs.run import Run
from jaram.training.engine import for_program, knob_arrays
from jaram.training.supervised import to_logits


def generate(
    run: Run,
    prompt: str,
    length: int = 300,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
) -> str:
    """``prompt`` and ``length`` more units, each drawn with the probability that the network gives.

    temperature: probabilities are raised to 1 / temperature before one is drawn: below 1 the likely
        gets likelier; 0 takes the likeliest unit (with no chance in it). top_k: only so many of
        the likeliest are drawn from; None: all. seed: of the draws.

    Units of the prompt that the vocabulary lacks are told by a DataWarning; an unknown unit is
    never written. Raises RunError for a run that is no language model, RecipeError for a network
    that can't go on step by step, and UsageError for an empty prompt and numbers that can't be.
    """
    vocabulary = _vocabulary(run)
    _check(prompt, length, temperature, top_k)
    require_stepwise(run.recipe.network or ())
    units = pieces(prompt, vocabulary.kind)
    ids = vocabulary.ids_of(units)
    unknown = [unit for unit, one in zip(units, ids, strict=True) if one == UNKNOWN]
    if unknown:
        told = {"units": listed(dict.fromkeys(map(repr, unknown)))}
        warnings.warn(Notice("runs.unknown_units", told).message(), DataWarning, stacklevel=2)
    rng = np.random.default_rng(seed)
    knobs = knob_arrays(for_program(run.recipe))
    carries = first_carries(run.recipe.network or (), batch=1)
    step = partial(_step, knobs, run.params, run.network_state, task=run.task)
    shares: Any = None
    for one in ids:
        shares, carries = step(carries, np.array([one], np.int32))
    for _ in range(length):
        written = draw(np.asarray(shares)[0], temperature, top_k, rng)
        units.append(vocabulary.units[written - 1])
        shares, carries = step(carries, np.array([written + 1], np.int32))
    return joined(units)


@partial(jax.jit, static_argnames=("task",))
def _step(
    recipe: Recipe,
    params: NetworkParams,
    state: NetworkState,
    carries: Carries,
    ids: Array,
    task: Task,
) -> tuple[Array, Carries]:
    """Probabilities ``(batch, classes)`` of what follows the units ``ids`` ``(batch,)``, and the
    states after them."""
    assert recipe.network is not None and recipe.loss is not None
    network, activation = to_logits(recipe.network, params)
    z, after = next_step(network, params, state, carries, ids)
    return probabilities(z, activation, recipe.loss, task), after


def draw(
    shares: NDArray[Any], temperature: float, top_k: int | None, rng: np.random.Generator
) -> int:
    """A class from its probabilities ``(classes,)``; never class 0, the unknown unit."""
    with np.errstate(divide="ignore"):
        logarithm = np.log(shares.astype(np.float64))
    logarithm[UNKNOWN - 1] = -np.inf
    if temperature == 0:
        return int(logarithm.argmax())
    scaled = (logarithm - logarithm.max()) / temperature
    if top_k is not None and top_k < len(scaled):
        scaled[np.argsort(-scaled, kind="stable")[top_k:]] = -np.inf
    weight = np.exp(scaled)
    return int(rng.choice(len(weight), p=weight / weight.sum()))


def _vocabulary(run: Run) -> Vocabulary:
    if not isinstance(run, Run):
        raise UsageError("runs.generate_not_a_run", got=type(run).__name__)
    tokens = run.preparation.tokens
    if run.task.kind != "language" or tokens is None or tokens.vocabulary is None:
        raise RunError("runs.no_language_model", task=run.task.kind)
    return tokens.vocabulary


def _check(prompt: str, length: int, temperature: float, top_k: int | None) -> None:
    if not isinstance(prompt, str) or not prompt:
        raise UsageError("runs.empty_prompt")
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        raise UsageError("runs.bad_length", value=length)
    if not isinstance(temperature, int | float) or not 0 <= temperature < float("inf"):
        raise UsageError("runs.bad_temperature", value=temperature)
    if top_k is not None and (not isinstance(top_k, int) or top_k < 1):
        raise UsageError("runs.bad_top_k", value=top_k)
