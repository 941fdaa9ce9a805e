"""One thread for the doctor's small matrices.

Threads of the linear-algebra library wait for each other by spinning. On matrices of a few hundred
rows they save nothing, and beside a busy core they were seen to take a hundred times as long.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

LIMIT = "OPENBLAS_NUM_THREADS"
"""The variable that the command line sets before NumPy is loaded, which costs nothing."""


def one_thread() -> AbstractContextManager[Any]:
    """A context in which NumPy's linear algebra takes one thread."""
    if os.environ.get(LIMIT) == "1":
        return nullcontext()
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit


def one_openmp_thread() -> AbstractContextManager[Any]:
    """A context in which scikit-learn's own loops take one thread."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limit: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="openmp")
    return limit


@cache
def _controller() -> Any:
    """Finding the libraries takes 10 ms, once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
