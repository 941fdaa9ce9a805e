"""Networks that read forward, one step at a time: a state is carried, nothing is read twice."""

from __future__ import annotations

from typing import cast

from jax import Array

from jaram.errors import RecipeError
from jaram.network.layer import Context, Layer, Params, State
from jaram.network.network import Network, NetworkParams, NetworkState
from jaram.network.recurrent import GRU, LSTM, RNN, Carry, Recurrent, first_carry, next_carry
from jaram.spec import name_of, words

BY_STEP = frozenset(
    {"embedding", "dense", "activation", "dropout", "spatial_dropout", "gaussian_noise"}
)
"""Layers, by name, that treat each step alone."""

Carries = tuple[Carry, ...]
"""The state of each layer: () for those without."""


def looks_ahead(network: Network) -> Layer | None:
    """The first layer that does not read step by step forward; None if all do."""
    return next((layer for layer in network if not _reads_forward(layer)), None)


def require_stepwise(network: Network) -> None:
    """Raise RecipeError for a network that can't go on from a step to the next."""
    layer = looks_ahead(network)
    if layer is not None:
        raise RecipeError("network.not_stepwise", layer=words(layer))


def first_carries(network: Network, batch: int) -> Carries:
    """The states before the first step."""
    return tuple(
        first_carry(cast(Recurrent, layer), batch) if isinstance(layer, RNN | LSTM | GRU) else ()
        for layer in network
    )


def next_step(
    network: Network, params: NetworkParams, state: NetworkState, carries: Carries, x: Array
) -> tuple[Array, Carries]:
    """The output ``(batch, outputs)`` for one more step ``x`` ``(batch,)`` of ids or ``(batch,
    features)``, and the states after it: what the network gives there for the whole series."""
    after = []
    for layer, own, kept, carry in zip(network, params, state, carries, strict=True):
        x, carry = _next(layer, own, kept, carry, x)
        after.append(carry)
    return x, tuple(after)


def _next(
    layer: Layer, params: Params, state: State, carry: Carry, x: Array
) -> tuple[Array, Carry]:
    if isinstance(layer, RNN | LSTM | GRU):
        carry = next_carry(cast(Recurrent, layer), params, carry, x)
        return carry[0], carry
    out, _ = layer.apply(params, state, x[:, None], Context())
    return out[:, 0], carry


def _reads_forward(layer: Layer) -> bool:
    if isinstance(layer, RNN | LSTM | GRU):
        return layer.return_sequences
    return name_of(layer) in BY_STEP
