"""Simple models of the same data: what a network has to beat, and what it could have reached.

NumPy only, on a sample of the rows, so that asking costs milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaram.data.prepare import Prepared


@dataclass(frozen=True)
class Reference:
    """Scores (accuracy or R²) of simple models on the validation part.

    constant: of the best constant prediction. linear, neighbours, kernel: of a linear model, of
    nearest neighbours, of kernel ridge regression. error: standard error of the best of them.
    rows: how many rows they were measured on.
    """

    constant: float
    linear: float
    neighbours: float
    kernel: float
    error: float
    rows: int

    @property
    def best(self) -> float:
        """The best of the simple models."""
        return max(self.constant, self.linear, self.neighbours, self.kernel)


def reference(prepared: Prepared) -> Reference:
    """Simple models fitted on the training part and scored on the validation part."""
    raise NotImplementedError
