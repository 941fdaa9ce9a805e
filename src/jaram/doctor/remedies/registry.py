"""Where remedies are defined."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jaram.data.prepare import Prepared
from jaram.messages import Language, text
from jaram.recipe import Recipe
from jaram.training.beginning import still_fits

Cost = Literal["none", "time", "memory", "data"]
"""What a remedy costs: nothing, a longer training, a larger network, or examples."""


@dataclass(frozen=True)
class Prescription:
    """One way to apply a remedy: its name, the strength in a few words (``"÷ 10"``), the recipe."""

    remedy: str
    dose: str
    recipe: Recipe


Doses = Iterable[tuple[str, Recipe]]
Change = Callable[[Recipe, Prepared], Doses]
"""(completed recipe, its data) → doses: each a few words and the changed recipe. Nothing where the
remedy does not apply. The recipe stays a completed one: ``network`` whole, ``output`` None."""


@dataclass(frozen=True)
class Remedy:
    """One remedy.

    In the catalogue ``remedies.<name>`` says what it is called, ``remedies.<name>_why`` why it
    helps.
    """

    name: str
    cost: Cost
    change: Change

    def prescriptions(self, recipe: Recipe, prepared: Prepared) -> tuple[Prescription, ...]:
        """The ways to apply it that change the recipe, and leave what it begins with its place."""
        doses = self.change(recipe, prepared)
        return tuple(
            Prescription(self.name, dose, to)
            for dose, to in doses
            if to != recipe and _keeps_beginning(recipe, to, prepared)
        )

    def title(self, lang: Language | None = None) -> str:
        """What it is called."""
        return text(f"remedies.{self.name}", lang=lang)

    def reason(self, lang: Language | None = None) -> str:
        """Why it should help, in a sentence."""
        return text(f"remedies.{self.name}_why", lang=lang)


def _keeps_beginning(before: Recipe, after: Recipe, prepared: Prepared) -> bool:
    """Whether ``after`` begins with the trained layers that ``before`` does, if with any."""
    if before.begin is None:
        return True
    return after.begin == before.begin and still_fits(after, prepared)


_remedies: dict[str, Remedy] = {}


def remedy(name: str, *, cost: Cost = "none") -> Callable[[Change], Change]:
    """Decorator that makes a function the remedy ``name``."""

    def define(change: Change) -> Change:
        if name in _remedies:
            raise ValueError(f"the remedy {name} is defined twice")
        _remedies[name] = Remedy(name, cost, change)
        return change

    return define


@cache
def all_remedies() -> dict[str, Remedy]:
    """Every remedy by name: those of every module of :mod:`jaram.doctor.remedies`."""
    from jaram.doctor import remedies as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(_remedies)
