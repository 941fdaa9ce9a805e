"""Minibatches no wider than their longest example.

A compiled program has fixed shapes. So there are a few widths, a step for each of them is compiled,
and a minibatch takes the narrowest that holds it: since padding changes no number, nothing but the
time changes. With minibatches of similar length (:mod:`jaram.data.buckets`) little is padding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.data.buckets import Lengths, best_widths, bucketed_order, lengths_of
from jaram.data.prepare import Prepared
from jaram.data.streamed import Streamed
from jaram.network.frozen import bare
from jaram.network.layer import Layer
from jaram.network.network import Network, initial_params
from jaram.network.sharing import largest
from jaram.spec import name_of

Carry = TypeVar("Carry")
READERS = ("embedding", "ngram_embedding", "masking")
"""First layers that tell which steps are padding."""


def lengths(prepared: Prepared) -> Lengths | None:
    """The real steps of each training example ``(examples,)``; None where none are padded."""
    if isinstance(prepared.train.x, Streamed):
        return None
    x: NDArray[Any] = prepared.train.x
    if prepared.preparation.text is not None:
        return lengths_of(x)
    return lengths_of((x[..., -1] == 0).astype(np.int8)) if prepared.preparation.is_padded else None


def widths_for(network: Network, prepared: Prepared, most: int) -> tuple[int, ...]:
    """``most`` widths at most, ascending, that leave the least padding; empty where a network's
    weights depend on the width, or it does not tell padding apart."""
    found = lengths(prepared) if most > 1 else None
    if found is None or not network or not _reads_padding(network[0]):
        return ()
    widths = tuple(int(width) for width in best_widths(found, most))
    shape = prepared.input_shape
    sizes = [_sizes(network, (width, *shape[1:])) for width in (*widths, shape[0])]
    return widths if len(widths) > 1 and all(size == sizes[0] for size in sizes) else ()


def _reads_padding(layer: Layer) -> bool:
    layer = bare(layer)
    return name_of(layer) in READERS and getattr(layer, "mask_zero", True)


def _sizes(network: Network, shape: tuple[int, ...]) -> Any:
    """Shapes of all weights, or None where the network can't take such an example."""
    try:
        return jax.tree.map(np.shape, initial_params(network, 0, shape))
    except ValueError:
        return None


def at_its_width(
    widths: tuple[int, ...], step: Callable[[Carry, Any], tuple[Carry, Array]], shares: int = 1
) -> Callable[[Carry, Any], tuple[Carry, Array]]:
    """``step`` of a carry and a minibatch with ``x`` ``(batch, steps, ...)``, compiled once a
    width; of a minibatch that ``shares`` devices share, it is the whole's longest example that
    decides."""
    if not widths:
        return step
    cuts = [_cut(step, width) for width in widths]

    def narrow_step(carry: Carry, batch: Any) -> tuple[Carry, Array]:
        needed = largest(_longest(batch.x), shares)
        place = jnp.searchsorted(jnp.asarray(widths), needed)
        found: tuple[Carry, Array] = jax.lax.switch(
            jnp.minimum(place, len(widths) - 1), cuts, carry, batch
        )
        return found

    return narrow_step


def _cut(step: Callable[[Carry, Any], tuple[Carry, Array]], width: int) -> Any:
    return lambda carry, batch: step(carry, batch._replace(x=batch.x[:, :width]))


def _longest(x: Array) -> Array:
    """The real steps of a minibatch's longest example: of ids, of which 0 is padding, or of series
    whose last channel tells."""
    is_real = x != 0 if x.ndim == 2 else x[..., -1] == 0
    return jnp.max(jnp.where(is_real, jnp.arange(1, x.shape[1] + 1), 0))


def similar_lengths(
    lengths: Lengths, widths: tuple[int, ...], batch_size: int, order_seed: int, epoch: int
) -> NDArray[np.int32]:
    """Row numbers ``(steps, batch_size)`` of one epoch in the order of training, each minibatch of
    examples of similar length."""
    order = bucketed_order(lengths, np.array(widths), batch_size, order_seed, epoch)
    rows = np.concatenate([bucket.rows for bucket in order])
    places = np.concatenate([bucket.places for bucket in order])
    found: NDArray[np.int32] = np.empty_like(rows)
    found[places] = rows
    return found
