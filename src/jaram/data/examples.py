"""Examples read from files that are no table: arrays, with where each came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from jaram.data.notices import Notice


@dataclass(frozen=True)
class Examples:
    """Raw inputs ``x`` (n, …), the name of each (a file's path; () if there are none), the answers
    ``y`` (n, …) where they are known, and what there is to say."""

    x: NDArray[Any]
    names: tuple[str, ...] = ()
    y: NDArray[Any] | None = None
    notices: tuple[Notice, ...] = ()

    def __len__(self) -> int:
        return len(self.x)
