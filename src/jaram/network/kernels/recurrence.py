"""Recurrent layers over time, with derivatives of their own.

Notation: steps T, batch B, units H; ``inputs`` ``(T, B, gates * H)`` is what the inputs bring to
every gate, weight ``(H, gates * H)`` what the last output does; ``real`` ``(T, B, 1)`` bool or
None: where it is False the state stays as it is, whatever the inputs. All begin with zeros.

A plain ``scan`` under automatic differentiation adds up the weight's gradient step by step, a
matrix product and a sum as large as the weight each time. Here the gates are kept, and the
gradient is one matrix product over all steps after the loop.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array


def _keep(real: Array | None, new: Array, old: Array) -> Array:
    return new if real is None else jnp.where(real, new, old)


def _of_real(real: Array | None, gradient: Array) -> tuple[Array, Array]:
    """A gradient parted into what goes through the step, and what passes it by."""
    if real is None:
        return gradient, jnp.zeros_like(gradient)
    zero = jnp.zeros_like(gradient)
    return jnp.where(real, gradient, zero), jnp.where(real, zero, gradient)


def _before(states: Array) -> Array:
    """States ``(T, B, H)`` one step earlier, zeros first."""
    return jnp.concatenate([jnp.zeros_like(states[:1]), states[:-1]])


def _weight_gradient(states: Array, gates: Array) -> Array:
    """``(H, gates * H)``: all steps in one matrix product."""
    found: Array = states.reshape(-1, states.shape[-1]).T @ gates.reshape(-1, gates.shape[-1])
    return found


# Simple recurrent layer: h = f(inputs + h @ weight)


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def simple(inputs: Array, weight: Array, real: Array | None, name: str) -> Array:
    """States ``(T, B, H)`` of ``h = f(inputs + h @ weight)``; name: of f, ``tanh`` or ``relu``."""
    function = {"tanh": jnp.tanh, "relu": jax.nn.relu}[name]

    def step(h: Array, now: tuple[Array, Array | None]) -> tuple[Array, Array]:
        h = _keep(now[1], function(now[0] + h @ weight), h)
        return h, h

    start = jnp.zeros((inputs.shape[1], weight.shape[0]), inputs.dtype)
    return jax.lax.scan(step, start, (inputs, real))[1]


def _simple_forward(inputs: Array, weight: Array, real: Array | None, name: str) -> Any:
    states = simple(inputs, weight, real, name)
    return states, (states, weight, real)


def _simple_backward(name: str, kept: Any, dstates: Array) -> Any:
    states, weight, real = kept

    def step(dh: Array, now: Any) -> tuple[Array, Array]:
        dy, y, is_real = now
        through, past = _of_real(is_real, dh + dy)
        slope = 1 - y * y if name == "tanh" else (y > 0).astype(y.dtype)
        dz = through * slope
        return dz @ weight.T + past, dz

    start = jnp.zeros_like(states[0])
    _, dinputs = jax.lax.scan(step, start, (dstates, states, real), reverse=True)
    return dinputs, _weight_gradient(_before(states), dinputs), None


simple.defvjp(_simple_forward, _simple_backward)


# Long short-term memory: gates input, forget, candidate, output


def _sigmoid(z: Array) -> Array:
    """(1 + tanh(z / 2)) / 2, which XLA computes in half the time of 1 / (1 + exp(-z))."""
    return 0.5 * jnp.tanh(0.5 * z) + 0.5


def _lstm_gates(z: Array) -> Array:
    """Input, forget, candidate and output ``(B, 4 H)`` from what comes before their squashing."""
    # As _sigmoid, so that one loop over all gates is enough.
    units = z.shape[-1] // 4
    half = jnp.repeat(jnp.array([0.5, 0.5, 1.0, 0.5], z.dtype), units)
    shift = jnp.repeat(jnp.array([0.5, 0.5, 0.0, 0.5], z.dtype), units)
    return half * jnp.tanh(half * z) + shift


def _lstm_scan(inputs: Array, weight: Array, real: Array | None) -> tuple[Array, Array, Array]:
    """States, cells ``(T, B, H)`` and gates ``(T, B, 4 H)``."""

    def step(carry: tuple[Array, Array], now: Any) -> Any:
        h, c = carry
        z, is_real = now
        gates = _lstm_gates(z + h @ weight)
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        c = _keep(is_real, f * c + i * g, c)
        h = _keep(is_real, o * jnp.tanh(c), h)
        return (h, c), (h, c, gates)

    zero = jnp.zeros((inputs.shape[1], weight.shape[0]), inputs.dtype)
    states, cells, gates = jax.lax.scan(step, (zero, zero), (inputs, real))[1]
    return states, cells, gates


@jax.custom_vjp
def lstm(inputs: Array, weight: Array, real: Array | None) -> Array:
    """States ``(T, B, H)`` of a long short-term memory; gates input, forget, candidate, output."""
    return _lstm_scan(inputs, weight, real)[0]


def _lstm_forward(inputs: Array, weight: Array, real: Array | None) -> Any:
    states, cells, gates = _lstm_scan(inputs, weight, real)
    return states, (states, cells, gates, weight, real)


def _lstm_backward(kept: Any, dstates: Array) -> Any:
    states, cells, gates, weight, real = kept

    def step(carry: tuple[Array, Array], now: Any) -> Any:
        dh, dc = carry
        dy, c, before, gate, is_real = now
        i, f, g, o = jnp.split(gate, 4, axis=-1)
        dh, past_h = _of_real(is_real, dh + dy)
        dc, past_c = _of_real(is_real, dc)
        squashed = jnp.tanh(c)
        dc = dc + dh * o * (1 - squashed * squashed)
        dz = jnp.concatenate(
            [
                dc * g * i * (1 - i),
                dc * before * f * (1 - f),
                dc * i * (1 - g * g),
                dh * squashed * o * (1 - o),
            ],
            axis=-1,
        )
        return (dz @ weight.T + past_h, dc * f + past_c), dz

    zero = jnp.zeros_like(states[0])
    over = (dstates, cells, _before(cells), gates, real)
    _, dinputs = jax.lax.scan(step, (zero, zero), over, reverse=True)
    return dinputs, _weight_gradient(_before(states), dinputs), None


lstm.defvjp(_lstm_forward, _lstm_backward)


# Gated recurrent unit, the reset gate after the matrix product: gates reset, update, candidate


def _gru_step(weight: Array, bias: Array, h: Array, z: Array) -> tuple[Array, ...]:
    """The next state, both gates beside each other, the candidate, and what was reset."""
    units = h.shape[-1]
    seen = h @ weight
    gates = _sigmoid((z + seen)[:, : 2 * units])
    r, u = gates[:, :units], gates[:, units:]
    seen_n = seen[:, 2 * units :] + bias
    n = jnp.tanh(z[:, 2 * units :] + r * seen_n)
    return n + u * (h - n), gates, n, seen_n


@jax.custom_vjp
def gru(inputs: Array, weight: Array, bias: Array, real: Array | None) -> Array:
    """States ``(T, B, H)`` of a gated recurrent unit that resets after the matrix product.

    Gates reset, update, candidate; bias ``(H,)`` is added to the candidate's product before it is
    reset.
    """

    return _gru_scan(inputs, weight, bias, real)[0]


def _gru_scan(inputs: Array, weight: Array, bias: Array, real: Array | None) -> tuple[Array, Array]:
    """States ``(T, B, H)``; reset, update, candidate and what was reset, ``(T, B, 4 H)``."""

    def step(h: Array, now: Any) -> Any:
        new, *gates = _gru_step(weight, bias, h, now[0])
        h = _keep(now[1], new, h)
        return h, (h, jnp.concatenate(gates, axis=-1))

    zero = jnp.zeros((inputs.shape[1], weight.shape[0]), inputs.dtype)
    states, gates = jax.lax.scan(step, zero, (inputs, real))[1]
    return states, gates


def _gru_forward(inputs: Array, weight: Array, bias: Array, real: Array | None) -> Any:
    states, gates = _gru_scan(inputs, weight, bias, real)
    return states, (states, gates, weight, real)


def _gru_backward(kept: Any, dstates: Array) -> Any:
    states, gates, weight, real = kept

    def step(dh: Array, now: Any) -> Any:
        dy, before, gate, is_real = now
        r, u, n, seen_n = jnp.split(gate, 4, axis=-1)
        dh, past = _of_real(is_real, dh + dy)
        dn = dh * (1 - u) * (1 - n * n)
        dr = dn * seen_n * r * (1 - r)
        du = dh * (before - n) * u * (1 - u)
        dseen = jnp.concatenate([dr, du, dn * r], axis=-1)
        return dseen @ weight.T + dh * u + past, (jnp.concatenate([dr, du, dn], axis=-1), dseen)

    zero = jnp.zeros_like(states[0])
    over = (dstates, _before(states), gates, real)
    _, (dinputs, dseen) = jax.lax.scan(step, zero, over, reverse=True)
    dweight = _weight_gradient(_before(states), dseen)
    dbias = jnp.split(dseen, 3, axis=-1)[2].sum((0, 1))
    return dinputs, dweight, dbias, None


gru.defvjp(_gru_forward, _gru_backward)
