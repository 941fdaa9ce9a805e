"""The vital sign through time: how much the loss hears of every step that a recurrent layer reads.

The gradient of an example's loss by what enters the layer at step t passes through every step after
t, a product of as many factors; where they are below 1 on average it fades the farther the step
lies from the answer, and what was read there can't be learnt (Hochreiter, 1991; Bengio, Simard &
Frasconi, 1994). It is measured on the side, before and after a training, and costs the training
itself nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.data.task import Task
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.network.network import Network, NetworkParams, NetworkState, shapes
from jaram.network.recurrent import GRU, LSTM, RNN
from jaram.recipe import Recipe
from jaram.spec import with_fields
from jaram.training.devices import QUICKLY, available
from jaram.training.engine import drawn, for_program, knob_arrays
from jaram.training.order import probe_rows
from jaram.training.programs import make_room
from jaram.training.supervised import forward, per_example_loss

ROWS = 32
"""Training examples it is measured on: the mean of their squares is known to a quarter or so, and
what is asked for are powers of ten."""

Floats = NDArray[np.float64]


def recurrent_places(network: Network) -> tuple[int, ...]:
    """Places of the layers that carry a state through time, or hold one that does."""
    return tuple(place for place, layer in enumerate(network) if _is_recurrent(layer))


def _is_recurrent(layer: Layer) -> bool:
    inside = getattr(layer, "layers", None) or getattr(layer, "branches", None) or ()
    wrapped = getattr(layer, "layer", None)
    held = (*inside, wrapped) if isinstance(wrapped, Layer) else inside
    return isinstance(layer, RNN | LSTM | GRU) or any(_is_recurrent(one) for one in held)


def gradient_through_time(
    recipe: Recipe,
    task: Task,
    params: NetworkParams,
    network_state: NetworkState,
    x: NDArray[Any],
    y: NDArray[Any],
) -> dict[int, Floats]:
    """Of each recurrent layer, by its place, the gradient's norm at every step ``(steps,)``.

    The root mean over prepared examples ``x`` ``(n, *input_shape)`` with targets ``y`` of
    ‖∂loss / ∂(what enters the layer at this step)‖², the loss being the example's own, without
    penalties and with nothing dropped. The last value is that of the last real step; of series of
    unequal length the ends stand together, and NaN is where none reaches. One pass forward and one
    backward, and a compilation (about half a second on a CPU, less from the cache on disk).
    """
    make_room(_program())
    knobs = knob_arrays(for_program(recipe))
    found = _program()(knobs, params, network_state, x, y, task)
    return {
        place: _by_distance(np.asarray(norms, np.float64), np.asarray(real))
        for place, (norms, real) in found.items()
    }


def _by_distance(norms: Floats, real: NDArray[np.bool_]) -> Floats:
    """Root mean squares ``(steps,)`` of norms ``(n, steps)`` over the examples, the last real step
    of each at the end."""
    steps = norms.shape[1]
    after: NDArray[np.int64] = np.cumsum(real[:, ::-1], axis=1)[:, ::-1] - real  # steps to come
    places = (steps - 1 - after)[real]
    count = np.bincount(places, minlength=steps)
    largest = max(float(np.max(norms, initial=0.0)), np.finfo(np.float64).tiny)
    total = np.bincount(places, np.square(norms[real] / largest), minlength=steps)
    with np.errstate(invalid="ignore"):
        return np.asarray(largest * np.sqrt(total / np.where(count, count, np.nan)))


@dataclass(frozen=True)
class _Nudged(Layer):
    """A layer whose input is moved by ``nudge``, so that there is something to differentiate by."""

    layer: Layer

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.layer.output_shape(input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return self.layer.apply(params["own"], state, x + params["nudge"], context)

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        return self.layer.mask_from(x, mask)


@cache
def _program() -> Any:
    on_cpu = available()[0].platform == "cpu"
    options = QUICKLY if on_cpu else None
    return jax.jit(_norms, static_argnames=("task",), compiler_options=options)


def _norms(
    recipe: Recipe, params: NetworkParams, state: NetworkState, x: Array, y: Array, task: Task
) -> dict[int, tuple[Array, Array]]:
    """Of each recurrent layer the norm of each example's gradient at each step, and which steps are
    real, both ``(n, steps)``."""
    assert recipe.network is not None
    network, places = recipe.network, recurrent_places(recipe.network)
    sizes = shapes(network, x.shape[1:])

    def loss(nudges: dict[int, Array]) -> tuple[Array, list[Array]]:
        layers = tuple(_Nudged(one) if at in places else one for at, one in enumerate(network))
        own = tuple(
            {"own": one, "nudge": nudges[at]} if at in places else one
            for at, one in enumerate(params)
        )
        nudged = with_fields(recipe, network=layers)
        passed = forward(nudged, own, state, x, Context(training=False))
        # Examples do not see each other, so the gradient of the sum is each one's own.
        losses = per_example_loss(recipe, task, passed.z, passed.activation, y)
        return jnp.sum(losses), passed.outputs

    nudges = {place: jnp.zeros((len(x), *sizes[place]), jnp.float32) for place in places}
    gradients, outputs = jax.grad(loss, has_aux=True)(nudges)
    masks = _masks(network, [x, *outputs])
    found = {}
    for place, gradient in gradients.items():
        mask = masks[place]
        real = jnp.ones(gradient.shape[:2], bool) if mask is None else mask
        found[place] = _length(gradient.reshape(*gradient.shape[:2], -1)), real
    return found


def _masks(network: Network, inputs: list[Array]) -> list[Array | None]:
    """The mask that comes with the input of each layer."""
    masks: list[Array | None] = [None]
    for layer, x in zip(network, inputs, strict=False):
        masks.append(layer.mask_from(x, masks[-1]))
    return masks


def _length(vectors: Array) -> Array:
    """Norms over the last axis; in units of the largest number, whose square might be 0."""
    largest = jnp.max(jnp.abs(vectors), axis=-1, keepdims=True)
    unit = jnp.where(largest > 0, largest, 1.0)
    return largest[..., 0] * jnp.sqrt(jnp.sum(jnp.square(vectors / unit), axis=-1))


@dataclass(frozen=True, eq=False)
class ThroughTime:
    """The gradient through time of one recurrent layer, before and after a training.

    layer: its place, from 0. first, best: :func:`gradient_through_time` ``(steps,)`` at the first
    weights and at those of the best epoch.
    """

    layer: int
    first: Floats
    best: Floats


def through_time(
    recipe: Recipe, prepared: Prepared, params: NetworkParams, network_state: NetworkState
) -> tuple[ThroughTime, ...]:
    """Of each recurrent layer of a completed recipe, on :data:`ROWS` training examples.

    params, network_state: of the best epoch. Empty for a network without recurrent layers.
    """
    if not recurrent_places(recipe.network or ()):
        return ()
    x, y = _examples(prepared)
    ends = [drawn(recipe, prepared), (params, network_state)]
    first, best = (gradient_through_time(recipe, prepared.task, *end, x, y) for end in ends)
    return tuple(ThroughTime(place, first[place], best[place]) for place in first)


def compile_through_time(
    recipe: Recipe, prepared: Prepared, params: NetworkParams, network_state: NetworkState
) -> None:
    """Compile ahead what :func:`through_time` will want, if it wants anything."""
    if recurrent_places(recipe.network or ()):
        gradient_through_time(recipe, prepared.task, params, network_state, *_examples(prepared))


def _examples(prepared: Prepared) -> tuple[NDArray[Any], NDArray[Any]]:
    """The training examples that are looked at, and their targets."""
    rows = probe_rows(len(prepared.train.x), ROWS)
    return prepared.train.x[rows], prepared.train.y[rows]
