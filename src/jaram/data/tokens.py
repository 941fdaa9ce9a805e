"""Examples whose steps are ids: of the units of a text, or of whatever a person has numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from jaram.data.vocabulary import Vocabulary
from jaram.errors import DataError


@dataclass(frozen=True)
class Tokens:
    """Ids from 0 to ``size`` - 1; what they stand for is in ``vocabulary``, if it is known."""

    size: int
    vocabulary: Vocabulary | None = None
    kind: ClassVar[Literal["tokens"]] = "tokens"

    def ids(self, x: NDArray[Any]) -> NDArray[np.int32]:
        """``x`` (n, steps) as int32; raises DataError for what is no id."""
        if x.dtype.kind not in "biu" and not (np.isfinite(x).all() and (x % 1 == 0).all()):
            raise DataError("data.not_ids", last=self.size - 1)
        found = x.astype(np.int32)
        low, high = int(found.min(initial=0)), int(found.max(initial=0))
        if low < 0 or high >= self.size:
            wrong = low if low < 0 else high
            raise DataError("data.unknown_id", value=wrong, last=self.size - 1)
        return found

    def to_json(self) -> dict[str, Any]:
        """The intake as plain JSON values."""
        words = {} if self.vocabulary is None else self.vocabulary.to_json()
        return {"kind": self.kind, "size": self.size, **words}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Tokens:
        """The inverse of :meth:`to_json`."""
        vocabulary = Vocabulary.from_json(table) if "units" in table else None
        return cls(int(table["size"]), vocabulary)
