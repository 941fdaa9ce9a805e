"""What can be said about the preparation of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jaram.data.encoding import CATEGORY_KINDS, CategoryKind
from jaram.data.origin import Origin
from jaram.data.scaling import SCALE_KINDS, ScaleKind
from jaram.data.splits import SPLIT_KINDS, SplitKind
from jaram.errors import DataError
from jaram.messages.nearest import suggestion

ClassWeight = Literal["balanced"] | tuple[tuple[Any, float], ...] | None


@dataclass(frozen=True)
class PrepareOptions:
    """How data is prepared.

    - ``scale``: "standard", "minmax", "robust" or "none", for numbers;
    - ``categories``: "onehot", or "embed" for columns of codes;
    - ``validation``, ``test``: shares in [0, 1) of the rows; 0 makes no such part. A part that came
      with the data is used as it is, and its share is not drawn;
    - ``split``: "auto" is by group or by time if the data has them, else stratified for classes,
      else random; ``split_seed`` seeds the draw;
    - ``scale_target``: whether the targets of a regression are standardised; None means yes;
    - ``class_weight``: None, "balanced" (weights n / (classes · count)), or (label, weight) pairs;
    - ``origin``: the trained network that another begins with, whose preparation is taken instead
      of fitting one; ``keeps_answers``: its coding of the answers, too.

    Raises DataError for anything else.
    """

    scale: ScaleKind = "standard"
    categories: CategoryKind = "onehot"
    validation: float = 0.2
    test: float = 0.0
    split_seed: int = 0
    split: SplitKind = "auto"
    scale_target: bool | None = None
    class_weight: ClassWeight = None
    origin: Origin | None = None
    keeps_answers: bool = False

    def __post_init__(self) -> None:
        choices: tuple[tuple[str, str, tuple[str, ...]], ...] = (
            ("scale", self.scale, SCALE_KINDS),
            ("categories", self.categories, CATEGORY_KINDS),
            ("split", self.split, SPLIT_KINDS),
        )
        for option, value, known in choices:
            if value not in known:
                raise DataError(
                    "data.unknown_option",
                    option=option,
                    value=value,
                    known=", ".join(known),
                    suggestion=suggestion(str(value), known),
                )
        for option, share in (("validation", self.validation), ("test", self.test)):
            if not 0 <= share < 1:
                raise DataError("data.bad_share", option=option, value=share)
        if self.validation + self.test >= 1:
            raise DataError("data.shares_too_large", total=round(self.validation + self.test, 6))
        if isinstance(self.class_weight, Mapping):
            object.__setattr__(self, "class_weight", tuple(self.class_weight.items()))
