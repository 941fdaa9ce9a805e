"""Trees of arrays as safetensors: names are paths in the tree, no code is stored or run."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
from numpy.typing import NDArray

from jaram.errors import RunError
from jaram.network.layer import Shape
from jaram.network.network import Network, NetworkParams, NetworkState, apply_each, shapes
from jaram.runs.files import read_bytes

Tree = TypeVar("Tree")


def encode(tree: Any, metadata: dict[str, str]) -> bytes:
    """The arrays of ``tree`` and ``metadata`` in the safetensors format."""
    from safetensors.numpy import save

    # A scalar or an array that is not contiguous would be stored wrongly by safetensors itself.
    leaves = {name: np.array(leaf, order="C") for name, leaf in named_leaves(tree).items()}
    return bytes(save(leaves, metadata=metadata))


def named(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file by name; raises RunError if it is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = read_bytes(path)
    try:
        return dict(load(content))
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise RunError("runs.file_damaged", path=str(path), detail=str(error)) from None


def read(path: Path, like: Tree) -> Tree:
    """The tree of arrays in a file, which must have the names, shapes and types of ``like``.

    Raises RunError naming the file and the first array that does not fit.
    """
    found = named(path)
    wanted = named_leaves(like)
    for name in sorted(wanted.keys() | found.keys()):
        if name not in wanted or name not in found:
            key = "runs.array_missing" if name in wanted else "runs.array_unexpected"
            raise RunError(key, path=str(path), name=name)
        expected = (tuple(wanted[name].shape), np.dtype(wanted[name].dtype))
        got = (found[name].shape, found[name].dtype)
        if expected != got:
            raise RunError(
                "runs.array_differs",
                path=str(path),
                name=name,
                expected=f"{list(expected[0])} {expected[1]}",
                got=f"{list(got[0])} {got[1]}",
            )
    decoded: Tree = jax.tree.unflatten(jax.tree.structure(like), [found[name] for name in wanted])
    return decoded


def read_weights(
    path: Path, network: Network, input_shape: Shape
) -> tuple[NetworkParams, NetworkState]:
    """The parameters and state that a network was saved with.

    The network is applied to them without computing anything, and each layer's output must have the
    shape that the layer says. Its first weights are not drawn to compare with, because a hostile
    recipe can ask for more of them than any memory holds. Raises RunError.
    """
    parts: tuple[list[Any], list[Any]] = ([{} for _ in network], [{} for _ in network])
    for name, array in named(path).items():
        part, layer, *inside, last = name.split("/")
        table = parts[int(part)][int(layer)]
        for key in inside:
            table = table.setdefault(key, {})
        table[last] = array
    params, state = tuple(parts[0]), tuple(parts[1])
    x = jax.ShapeDtypeStruct((1, *input_shape), np.float32)
    outputs, _ = jax.eval_shape(partial(apply_each, network), params, state, x)
    for number, (output, wanted) in enumerate(
        zip(outputs, shapes(network, input_shape)[1:], strict=True), start=1
    ):
        if output.shape[1:] != wanted:
            detail = f"layer {number} has weights for {output.shape[1:]} outputs, not {wanted}"
            raise RunError("runs.file_damaged", path=str(path), detail=detail)
    return params, state


def metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file; raises RunError if it can't be read."""
    content = read_bytes(path)
    try:
        size = int.from_bytes(content[:8], "little")
        found = json.loads(content[8 : 8 + size])["__metadata__"]
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError("runs.file_damaged", path=str(path), detail=str(error)) from None


def named_leaves(tree: Any) -> dict[str, Any]:
    """The leaves of a tree by their path: ``"0/weight"``."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
