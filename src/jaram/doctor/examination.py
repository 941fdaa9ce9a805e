"""Examinations: measurements on a run that cost a compilation, made when a rule asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaram.data.prepare import Prepared
    from jaram.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Examination:
    """What can be measured of a recipe on its data, lazily."""

    recipe: Recipe
    prepared: Prepared
