"""Trees of arrays as safetensors: names are paths in the tree, no code is stored or run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from jaram.errors import RunError
from jaram.runs.files import read_bytes

Tree = TypeVar("Tree")


def encode(tree: Any, metadata: dict[str, str]) -> bytes:
    """The arrays of ``tree`` and ``metadata`` in the safetensors format."""
    from safetensors.numpy import save

    # A scalar or an array that is not contiguous would be stored wrongly by safetensors itself.
    leaves = {name: np.array(leaf, order="C") for name, leaf in named_leaves(tree).items()}
    return bytes(save(leaves, metadata=metadata))


def decode(content: bytes, like: Tree, where: Path) -> Tree:
    """The tree of arrays that ``content`` holds, which must have the names, shapes and types of
    ``like``.

    Raises RunError naming ``where`` and the first array that does not fit.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found = load(content)
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise RunError("runs.file_damaged", path=str(where), detail=str(error)) from None
    wanted = named_leaves(like)
    for name in sorted(wanted.keys() | found.keys()):
        if name not in wanted or name not in found:
            key = "runs.array_missing" if name in wanted else "runs.array_unexpected"
            raise RunError(key, path=str(where), name=name)
        expected = (tuple(wanted[name].shape), np.dtype(wanted[name].dtype))
        got = (found[name].shape, found[name].dtype)
        if expected != got:
            raise RunError(
                "runs.array_differs",
                path=str(where),
                name=name,
                expected=f"{list(expected[0])} {expected[1]}",
                got=f"{list(got[0])} {got[1]}",
            )
    decoded: Tree = jax.tree.unflatten(jax.tree.structure(like), [found[name] for name in wanted])
    return decoded


def read(path: Path, like: Tree) -> Tree:
    """:func:`decode` of a file."""
    return decode(read_bytes(path), like, path)


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
