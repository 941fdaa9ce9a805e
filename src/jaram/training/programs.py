"""How many compiled programs are kept in memory."""

from __future__ import annotations

from typing import Any

import jax

MOST_PROGRAMS = 32
"""A training's programs take about 14 MB for each structure of network and data."""


def make_room(program: Any) -> None:
    """Forget all compiled programs if ``program``, a jitted function, has been compiled often.

    So memory stays flat however many structures are trained in one process. All of JAX's caches go
    at once, because a function's own leave half a megabyte of each structure behind in others; what
    is needed again is read from the compilation cache on disk.
    """
    if program._cache_size() >= MOST_PROGRAMS:
        jax.clear_caches()
