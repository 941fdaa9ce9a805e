"""Recurrent layers over series ``(steps, features)``.

Each reads the steps in order and carries a state ``(units,)`` that begins with zeros. Where a mask
says that a step is padding the state stays as it is, so padding at the end changes no number.

Parameters: ``input`` with ``weight`` ``(features, gates * units)``, ``recurrent`` with ``weight``
``(units, gates * units)``, and ``bias`` ``(gates * units,)``; the gates beside each other in the
order that each layer tells, each drawn as if it stood alone.

Fields that all of them have: return_sequences: whether the outputs of all steps are wanted, not the
last one's alone. recurrent_dropout: share of the state's units that the recurrent product does not
see, the same ones through all steps of an example (Gal & Ghahramani, 2016); None for no such thing.
truncate: after so many steps the gradient goes no further back, while the state is carried on
(truncated backpropagation through time; Williams & Peng, 1990). init, recurrent_init: of the two
weights; None takes Glorot's and orthogonal ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Literal, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import DTypeLike

from jaram.errors import RecipeError
from jaram.network.activations import ActivationField, ReLU, Tanh, activation_params
from jaram.network.initializers import GlorotUniform, Initializer, InitializerField, Orthogonal
from jaram.network.kernels import recurrence
from jaram.network.kernels.product import product
from jaram.network.layer import Context, Layer, Params, Shape, State, random_key
from jaram.network.sharing import drawn
from jaram.spec import Count, Finite, Share, name_of, spec

# A cell is one step; a layer runs it over all steps, and whoever generates a text, one at a time.

Carry = tuple[Array, ...]
"""The state of a cell, arrays ``(batch, units)``; the first is its output."""
Cell = Callable[[Array, Carry, Array | None], Carry]
"""One step: what the inputs bring to the gates ``(batch, gates * units)``, the state before, and
what the recurrent product's state is multiplied by (None: nothing); the state after."""


class Recurrent(Protocol):
    """The fields that the recurrent layers have in common."""

    @property
    def units(self) -> int: ...
    @property
    def return_sequences(self) -> bool: ...
    @property
    def recurrent_dropout(self) -> float | Array | None: ...
    @property
    def truncate(self) -> int | None: ...
    @property
    def init(self) -> Initializer | None: ...
    @property
    def recurrent_init(self) -> Initializer | None: ...
    @property
    def parts(self) -> int:
        """Arrays of the cell's state."""

    def cell(self, params: Params) -> Cell:
        """One step with these parameters."""


@spec(family="layer", name="rnn", aliases=("simple_rnn",))
class RNN(Layer):
    """``h = activation(x @ input + h @ recurrent + bias)`` (Elman, 1990)."""

    parts: ClassVar[int] = 1

    units: Count
    activation: ActivationField = Tanh()
    return_sequences: bool = False
    recurrent_dropout: Share | None = None
    truncate: Count | None = None
    init: InitializerField = None
    recurrent_init: InitializerField = None

    def output_shape(self, input_shape: Shape) -> Shape:
        return _output_shape(self, input_shape)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        params = _initial_params(self, rng, input_shape, gates=1)
        return params | activation_params(self.activation, (self.units,))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        weight = params["recurrent"]["weight"]
        inputs, real = _inputs(params, x), _real(context)
        if _is_plain(self) and isinstance(self.activation, Tanh | ReLU):
            states = recurrence.simple(inputs, weight, real, name_of(self.activation))
        else:
            states = _states(self, params, inputs, real, context)
        return _wanted(self, states), state

    def cell(self, params: Params) -> Cell:
        weight, own = params["recurrent"]["weight"], params.get("activation", {})

        def cell(z: Array, carry: Carry, seen: Array | None) -> Carry:
            return (self.activation(z + _seen(carry[0], seen) @ weight, own),)

        return cell

    def output_mask(self, mask: Array | None) -> Array | None:
        return mask if self.return_sequences else None

    def operations(self, input_shape: Shape) -> int:
        return _operations(self, input_shape, gates=1)


@spec(family="layer", name="lstm")
class LSTM(Layer):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997; forget gate of Gers et al., 2000)::

        i, f, o = sigmoid(x @ input + h @ recurrent + bias), each its part;   g = tanh(...)
        c = f * c + i * g;   h = o * activation(c)

    Gates: input, forget, candidate g, output. forget_bias: where the forget gate's bias starts; at
    1 a new network remembers (Jozefowicz et al., 2015). peephole: whether gates see the cell, too
    (Gers & Schmidhuber, 2000): ``peephole`` ``(3, units)`` for input, forget and output.
    """

    parts: ClassVar[int] = 2

    units: Count
    activation: ActivationField = Tanh()
    return_sequences: bool = False
    recurrent_dropout: Share | None = None
    truncate: Count | None = None
    forget_bias: Finite = 1.0
    peephole: bool = False
    init: InitializerField = None
    recurrent_init: InitializerField = None

    def output_shape(self, input_shape: Shape) -> Shape:
        return _output_shape(self, input_shape)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        params = _initial_params(self, rng, input_shape, gates=4)
        params["bias"][self.units : 2 * self.units] = self.forget_bias
        if self.peephole:
            params["peephole"] = np.zeros((3, self.units), np.float32)
        return params | activation_params(self.activation, (self.units,))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        inputs, real = _inputs(params, x), _real(context)
        if _is_plain(self) and isinstance(self.activation, Tanh) and not self.peephole:
            states = recurrence.lstm(inputs, params["recurrent"]["weight"], real)
        else:
            states = _states(self, params, inputs, real, context)
        return _wanted(self, states), state

    def cell(self, params: Params) -> Cell:
        weight, own = params["recurrent"]["weight"], params.get("activation", {})
        peep = params.get("peephole", jnp.zeros((3, 1)))

        def cell(z: Array, carry: Carry, seen: Array | None) -> Carry:
            h, c = carry
            i, f, g, o = jnp.split(z + _seen(h, seen) @ weight, 4, axis=-1)
            i, f = jax.nn.sigmoid(i + peep[0] * c), jax.nn.sigmoid(f + peep[1] * c)
            c = f * c + i * jnp.tanh(g)
            return jax.nn.sigmoid(o + peep[2] * c) * self.activation(c, own), c

        return cell

    def output_mask(self, mask: Array | None) -> Array | None:
        return mask if self.return_sequences else None

    def operations(self, input_shape: Shape) -> int:
        return _operations(self, input_shape, gates=4)


@spec(family="layer", name="gru")
class GRU(Layer):
    """Gated recurrent unit (Cho et al., 2014)::

        r, u = sigmoid(x @ input + h @ recurrent + bias), each its part
        h = (1 - u) * n + u * h

    Gates: reset r, update u, candidate n. reset: ``"after"`` the matrix product, n = activation(x @
    input + bias + r * (h @ recurrent + recurrent bias)), as in cuDNN, PyTorch and Keras; or
    ``"before"`` it, n = activation(x @ input + bias + (r * h) @ recurrent), as in the paper.
    """

    parts: ClassVar[int] = 1

    units: Count
    activation: ActivationField = Tanh()
    return_sequences: bool = False
    recurrent_dropout: Share | None = None
    truncate: Count | None = None
    reset: Literal["after", "before"] = "after"
    init: InitializerField = None
    recurrent_init: InitializerField = None

    def output_shape(self, input_shape: Shape) -> Shape:
        return _output_shape(self, input_shape)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        params = _initial_params(self, rng, input_shape, gates=3)
        if self.reset == "after":
            params["recurrent"]["bias"] = np.zeros(self.units, np.float32)
        return params | activation_params(self.activation, (self.units,))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        inputs, real = _inputs(params, x), _real(context)
        if _is_plain(self) and isinstance(self.activation, Tanh) and self.reset == "after":
            recurrent = params["recurrent"]
            states = recurrence.gru(inputs, recurrent["weight"], recurrent["bias"], real)
        else:
            states = _states(self, params, inputs, real, context)
        return _wanted(self, states), state

    def cell(self, params: Params) -> Cell:
        weight, own = params["recurrent"]["weight"], params.get("activation", {})
        bias = params["recurrent"].get("bias", 0.0)

        def cell(z: Array, carry: Carry, seen: Array | None) -> Carry:
            (h,) = carry
            r, u, n = jnp.split(z, 3, axis=-1)
            gates, candidate = weight[:, : 2 * self.units], weight[:, 2 * self.units :]
            seen_r, seen_u = jnp.split(_seen(h, seen) @ gates, 2, axis=-1)
            r, u = jax.nn.sigmoid(r + seen_r), jax.nn.sigmoid(u + seen_u)
            if self.reset == "after":
                n = n + r * (_seen(h, seen) @ candidate + bias)
            else:
                n = n + (r * _seen(h, seen)) @ candidate
            return ((1 - u) * self.activation(n, own) + u * h,)

        return cell

    def output_mask(self, mask: Array | None) -> Array | None:
        return mask if self.return_sequences else None

    def operations(self, input_shape: Shape) -> int:
        return _operations(self, input_shape, gates=3)


def _series_shape(layer: Recurrent, input_shape: Shape) -> tuple[int, int]:
    """Steps and features; RecipeError for what is no series."""
    if len(input_shape) != 2:
        raise RecipeError(
            "network.needs_series", layer=type(layer).__name__, shape=tuple(input_shape)
        )
    return input_shape[0], input_shape[1]


def _output_shape(layer: Recurrent, input_shape: Shape) -> Shape:
    steps, _ = _series_shape(layer, input_shape)
    return (steps, layer.units) if layer.return_sequences else (layer.units,)


def _initial_params(
    layer: Recurrent, rng: np.random.Generator, input_shape: Shape, gates: int
) -> Params:
    _, features = _series_shape(layer, input_shape)
    units = layer.units
    init, recurrent_init = layer.init or GlorotUniform(), layer.recurrent_init or Orthogonal()
    inputs = [init.draw(rng, (features, units), features, units) for _ in range(gates)]
    recurrent = [recurrent_init.draw(rng, (units, units), units, units) for _ in range(gates)]
    return {
        "input": {"weight": np.concatenate(inputs, axis=1)},
        "recurrent": {"weight": np.concatenate(recurrent, axis=1)},
        "bias": np.zeros(gates * units, np.float32),
    }


def _operations(layer: Recurrent, input_shape: Shape, gates: int) -> int:
    steps, features = _series_shape(layer, input_shape)
    return steps * gates * layer.units * (features + layer.units)


def _inputs(params: Params, x: Array) -> Array:
    """What the inputs bring to the gates ``(steps, batch, gates * units)``: all steps at once."""
    brought: Array = product(x.swapaxes(0, 1), params["input"]["weight"]) + params["bias"]
    return brought


def _real(context: Context) -> Array | None:
    """Which steps are real ``(steps, batch, 1)``; None if all are."""
    return None if context.mask is None else context.mask.swapaxes(0, 1)[..., None]


def _seen(h: Array, factor: Array | None) -> Array:
    return h if factor is None else h * factor


def _is_plain(layer: Recurrent) -> bool:
    """Whether nothing is asked for that only the step-by-step way can do."""
    return layer.recurrent_dropout is None and layer.truncate is None


def first_carry(layer: Recurrent, batch: int, dtype: DTypeLike = jnp.float32) -> Carry:
    """The state before the first step: zeros ``(batch, units)``."""
    return (jnp.zeros((batch, layer.units), dtype),) * layer.parts


def next_carry(layer: Recurrent, params: Params, carry: Carry, x: Array) -> Carry:
    """The state after one more step ``x`` ``(batch, features)``; its first array is the output."""
    z = product(x, params["input"]["weight"]) + params["bias"]
    return layer.cell(params)(z, carry, None)


def _states(
    layer: Recurrent, params: Params, inputs: Array, real: Array | None, context: Context
) -> Array:
    """Outputs of all steps ``(steps, batch, units)``, one step of the cell after another."""
    steps, batch, _ = inputs.shape
    cell = layer.cell(params)
    seen = None
    if layer.recurrent_dropout is not None and (context.training or context.drops):
        kept = 1.0 - layer.recurrent_dropout
        key = random_key(layer, context)  # type: ignore[arg-type]
        draw = partial(jax.random.bernoulli, key, kept)
        seen = drawn(draw, (batch, layer.units), context.shares) / kept
    cuts = None
    if layer.truncate is not None:
        cuts = jnp.arange(steps) % layer.truncate == 0

    def step(carry: Carry, now: tuple[Array, Array | None, Array | None]) -> tuple[Carry, Array]:
        z, is_real, is_cut = now
        if is_cut is not None:
            carry = tuple(jnp.where(is_cut, jax.lax.stop_gradient(one), one) for one in carry)
        after = cell(z, carry, seen)
        if is_real is not None:
            after = tuple(
                jnp.where(is_real, new, old) for new, old in zip(after, carry, strict=True)
            )
        return after, after[0]

    _, states = jax.lax.scan(step, first_carry(layer, batch, inputs.dtype), (inputs, real, cuts))
    return states


def _wanted(layer: Recurrent, states: Array) -> Array:
    """The outputs ``(batch, steps, units)``, or the last ``(batch, units)``: it was carried through
    padding."""
    return states.swapaxes(0, 1) if layer.return_sequences else states[-1]
