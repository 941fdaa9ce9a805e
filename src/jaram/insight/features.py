"""Features: what a layer of a trained network makes of examples, as numbers for other tools."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.network.layer import Context
from jaram.network.network import Network, NetworkParams, NetworkState, apply, widest
from jaram.training.devices import QUICKLY, available
from jaram.training.engine import knob_arrays
from jaram.training.evaluated import EVALUATED_ROWS, block_rows
from jaram.training.programs import make_room


def features(
    network: Network, params: NetworkParams, state: NetworkState, x: NDArray[Any]
) -> NDArray[np.float32]:
    """The outputs ``(examples, *output_shape)`` of ``network``'s last layer for prepared inputs
    ``x`` ``(examples, *input_shape)``, in evaluation mode.

    Examples are taken in blocks of one size, the last filled up.
    """
    size = min(block_rows(widest(network, x.shape[1:]), EVALUATED_ROWS), len(x))
    knobs: Any = knob_arrays(network)  # type: ignore[arg-type]  # any tree of knobs
    program = _program()
    make_room(program)
    parts = []
    for start in range(0, len(x), size):
        block = x[start : start + size]
        filled = np.concatenate([block, np.repeat(block[:1], size - len(block), axis=0)])
        parts.append(np.asarray(program(knobs, params, state, filled))[: len(block)])
    return np.concatenate(parts)


@cache
def _program() -> Any:
    """:func:`_outputs`, compiled quickly on a CPU: it is mostly matrix products."""
    return jax.jit(_outputs, compiler_options=QUICKLY if available()[0].platform == "cpu" else None)


def _outputs(network: Network, params: NetworkParams, state: NetworkState, x: Array) -> Array:
    return apply(network, params, state, x, Context())[0]
