"""What a person says about data when it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jaram.data.pictures import PictureWishes
from jaram.data.series import SeriesWishes
from jaram.data.target_choice import choose_targets
from jaram.data.text import TextWishes
from jaram.errors import DataError


@dataclass(frozen=True)
class Wishes:
    """What a person said about the columns, and about pictures, text and series."""

    target: Any
    task: str | None
    kinds: dict[str, str]
    group: str | None
    time: str | None
    weight: str | None
    pictures: PictureWishes
    text: TextWishes
    series: SeriesWishes

    def refuse_for_arrays(self, name: str) -> None:
        """Raise DataError if a column is spoken of: a set made of arrays has none."""
        for wish in ("target", "kinds", "group", "time", "weight"):
            if getattr(self, wish) not in (None, {}):
                raise DataError("data.set_is_fixed", name=name, wish=wish)

    def exact(self, names: list[str]) -> set[str]:
        """The columns of a large file that must keep their exact type."""
        is_told = self.series.forecast is None or self.target is not None
        targets = choose_targets(names, self.target)[0] if is_told else []
        return {
            *targets,
            *(one for one in (self.group, self.time, self.weight, self.text.column) if one),
            *self.kinds,
        }
