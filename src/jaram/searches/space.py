"""The space: a recipe with distributions in it, whose points are recipes.

Each distribution is a dimension, named by its path: ``optimizer.learning_rate``,
``network[0].units``. Inside the option of a Choice the path tells the option:
``optimizer|sgd.momentum`` counts only where sgd was drawn.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from jaram.errors import RecipeError, UsageError
from jaram.recipe import Recipe
from jaram.searches.distributions import (
    Choice,
    Distribution,
    IntLogUniform,
    IntUniform,
    LogUniform,
    OneMinus,
    Uniform,
    field_names,
)
from jaram.spec import describe, is_spec

FIXED = ("validation", "test", "split", "split_seed", "order_seed", "seed", "bootstrap")
"""Fields of a recipe that trials must share, since they are compared."""


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A point of a space: the recipe, and what was drawn by path.

    Dimensions inside an option that was not drawn are left out of ``values``; so a value is a
    number, a word, or the name of an option.
    """

    recipe: Recipe
    values: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Space:
    """The recipes that one recipe with distributions stands for.

    Raises :class:`~jaram.errors.RecipeError` where nothing varies, or a field does that trials must
    share.
    """

    recipe: Recipe

    def __post_init__(self) -> None:
        if not self.dimensions:
            raise RecipeError("search.nothing_varies")
        for path in self.dimensions:
            if path in FIXED:
                raise RecipeError("search.fixed_field", path=path)

    @cached_property
    def dimensions(self) -> dict[str, Distribution]:
        """Every distribution by its path, in the order of the fields."""
        return dict(distributions_in(self.recipe))

    def at(self, point: NDArray[np.float64]) -> Drawn:
        """The recipe at a point ``(dimensions,)`` of the unit cube."""
        values: dict[str, Any] = {}
        shares = dict(zip(self.dimensions, (float(share) for share in point), strict=True))
        return Drawn(_at(self.recipe, "", shares, values), values)

    def sample(self, rng: np.random.Generator) -> Drawn:
        """A recipe drawn at random."""
        return self.at(rng.random(len(self.dimensions)))

    def to_toml(self) -> str:
        """The space as TOML: a recipe with a table such as ``{log = [1e-4, 1.0]}`` for each
        distribution."""
        table = describe(self.recipe)
        del table["type"]
        return tomli_w.dumps({"recipe": table})

    @staticmethod
    def from_toml(source: str, where: str = "space") -> Space:
        """The space that :meth:`to_toml` or a person wrote.

        Beside ``[recipe]`` a person may write ``[vary]``, a table of paths and values as on the
        command line: ``"optimizer.learning_rate" = "log:1e-4..1"``.
        """
        return Space(read_recipe(source, where))


def read_recipe(source: str, where: str = "space") -> Recipe:
    """A recipe from TOML in which distributions may stand; see :meth:`Space.from_toml`."""
    from jaram.searches.vary import vary

    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError("recipe.not_toml", where=where, detail=str(error)) from None
    varied = table.pop("vary", {})
    if not isinstance(varied, dict):
        raise RecipeError("search.not_vary_table", where=where)
    fields = table.get("recipe", table)
    if not isinstance(fields, dict):
        raise RecipeError("recipe.not_a_table", where=where)
    try:
        recipe = Recipe(**{name: _read(value) for name, value in fields.items()})
        for path, values in varied.items():
            recipe = vary(recipe, path, _read(values))
    except (RecipeError, UsageError) as error:
        raise RecipeError("recipe.in_file", where=where, problem=str(error)) from None
    return recipe


_READERS = {
    "uniform": Uniform,
    "log": LogUniform,
    "int": IntUniform,
    "intlog": IntLogUniform,
    "choice": Choice,
}


def _read(value: Any) -> Any:
    """What TOML holds, with distributions for the tables that describe them."""
    if isinstance(value, list):
        return [_read(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "one_minus" and isinstance(of := _read(content), LogUniform):
            return OneMinus(of)
        if kind in _READERS and isinstance(content, list):
            if kind != "choice" and len(content) != 2:
                raise RecipeError("search.bad_words", value=value)
            return _READERS[kind](*(_read(item) for item in content))
    return {name: _read(item) for name, item in value.items()}


def distributions_in(value: Any, path: str = "") -> Iterator[tuple[str, Distribution]]:
    """Every distribution in ``value`` with its path, those inside the options of others too."""
    if isinstance(value, Distribution):
        yield path, value
    for inside, item in _parts(value, path):
        yield from distributions_in(item, inside)


def _parts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What is inside a specification, a tuple or a Choice, each with its path."""
    if isinstance(value, Choice):
        yield from zip((f"{path}|{label}" for label in value.labels), value.options, strict=True)
    elif isinstance(value, tuple):
        yield from ((f"{path}[{place}]", item) for place, item in enumerate(value))
    elif is_spec(value):
        for name in field_names(value):
            yield (f"{path}.{name}" if path else name), getattr(value, name)


def _at(value: Any, path: str, shares: Mapping[str, float], values: dict[str, Any]) -> Any:
    """``value`` with what stands at ``shares``; notes in ``values`` what that is."""
    if isinstance(value, Choice):
        place = value.index(shares[path])
        values[path] = label = value.labels[place]
        return _at(value.options[place], f"{path}|{label}", shares, values)
    if isinstance(value, Distribution):
        values[path] = value.at(shares[path])
        return values[path]
    parts = {inside: _at(item, inside, shares, values) for inside, item in _parts(value, path)}
    if isinstance(value, tuple):
        return tuple(parts.values())
    if not is_spec(value):
        return value
    drawn = dict(zip(field_names(value), parts.values(), strict=True))
    changed = {name: one for name, one in drawn.items() if one is not getattr(value, name)}
    return dataclasses.replace(value, **changed) if changed else value
