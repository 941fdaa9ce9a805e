"""``--vary path=values``: a distribution in place of one field, however deep, in words."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, cast

from jaram.errors import RecipeError, UsageError
from jaram.messages.nearest import suggestion
from jaram.recipe import Recipe
from jaram.searches.distributions import (
    Choice,
    Distribution,
    IntLogUniform,
    IntUniform,
    LogUniform,
    Uniform,
    field_names,
)
from jaram.spec import is_spec, literal, split

_RANGES: dict[str, Callable[[Any, Any], Distribution]] = {
    "": Uniform,
    "uniform": Uniform,
    "log": LogUniform,
    "int": IntUniform,
    "intlog": IntLogUniform,
    "1-log": lambda low, high: 1 - LogUniform(low, high),
}
_RANGE = re.compile(r"(?:([\w-]+):)?\s*(\S+?)\s*\.\.\s*(\S+)")
_STEP = re.compile(r"([A-Za-z_]\w*)((?:\[(?:\d+|\*)\])*)(?:\|(.+))?")


@dataclasses.dataclass(frozen=True)
class _Option:
    """A step into one option of a Choice, by its label."""

    label: str


_Steps = list[str | int | _Option]


def read_distribution(words: str) -> Distribution:
    """``log:1e-4..1``, ``int:16..256``, ``1-log:0.001..0.5``, ``relu|tanh`` as a distribution.

    Raises :class:`~jaram.errors.UsageError` for words that are none, with examples of those that
    are.
    """
    options = split(words, "|")
    if len(options) > 1:
        return Choice(*(literal(option) for option in options))
    found = _RANGE.fullmatch(words.strip())
    if found is None or (found[1] or "").lower() not in _RANGES:
        raise UsageError("search.bad_words", value=words)
    low, high = literal(found[2]), literal(found[3])
    return _RANGES[(found[1] or "").lower()](low, high)


def read_pair(setting: str, option: str = "--vary") -> tuple[str, Distribution]:
    """``path=values`` as the path and its distribution."""
    path, sign, words = setting.partition("=")
    if not sign or not path.strip() or not words.strip():
        raise UsageError("search.needs_pair", option=option, value=setting)
    return path.strip(), read_distribution(words)


def vary(recipe: Recipe, path: str, values: Any) -> Recipe:
    """``recipe`` with ``values``, a distribution or its words, at ``path``.

    ``network[*].units`` is every layer that has the field, each with a draw of its own. A path that
    goes through a Choice is meant for every option that has the field, or for the one that it
    names: ``optimizer|sgd.momentum``.
    """
    distribution = read_distribution(values) if isinstance(values, str) else values
    if not isinstance(distribution, Distribution):
        raise UsageError("search.bad_words", value=values)
    steps = _steps(path)
    try:
        changed, places = _replaced(recipe, steps, distribution, path)
    except RecipeError as error:
        raise RecipeError("search.in_place", path=path, problem=str(error)) from None
    if not places:
        raise UsageError("search.no_place", path=path, suggestion=_nearest(recipe, steps))
    return cast("Recipe", changed)


def _nearest(recipe: Recipe, steps: _Steps) -> str:
    """What may have been meant by the first of ``steps`` that is in none of the places before."""
    owners: list[Any] = [recipe]
    for step in steps:
        owners = [
            one
            for owner in owners
            for one in (owner.options if isinstance(owner, Choice) else (owner,))
        ]
        if isinstance(step, int):
            owners = [item for owner in owners if isinstance(owner, tuple) for item in owner]
            continue
        if not isinstance(step, str):
            continue
        names = sorted({name for owner in owners if is_spec(owner) for name in field_names(owner)})
        if step not in names:
            return suggestion(step, names)
        owners = [getattr(owner, step) for owner in owners if step in field_names(owner)]
    return ""


def goes_through(path: str) -> str:
    """The field of the recipe that a path begins with; empty if the path is that field."""
    first, *rest = _steps(path)
    return str(first) if rest else ""


def _steps(path: str) -> _Steps:
    """``network[0].units`` as ``["network", 0, "units"]``; ``[*]`` is −1, ``|sgd`` an option."""
    steps: _Steps = []
    for part in path.split("."):
        found = _STEP.fullmatch(part.strip())
        if found is not None:
            steps.append(found[1])
            places = re.findall(r"\[(\d+|\*)\]", found[2])
            steps += [-1 if place == "*" else int(place) for place in places]
            steps += [_Option(found[3].strip())] if found[3] else []
        elif part.isdigit() and steps:  # network.0.units, as --set has it
            steps.append(int(part))
        else:
            raise UsageError("search.bad_path", path=path)
    return steps


def _replaced(
    owner: Any, steps: _Steps, new: Distribution, path: str, must: bool = True
) -> tuple[Any, int]:
    """``owner`` with ``new`` where ``steps`` lead, and in how many places.

    must: whether a field that is not there is an error, or a place fewer.
    """
    if not steps:
        return new, 1
    if isinstance(owner, Choice) and isinstance(steps[0], _Option):
        return _in_option(owner, steps[0].label, steps[1:], new, path)
    if isinstance(owner, Choice):
        return _in_each(owner, owner.options, lambda kept: Choice(*kept), steps, new, path)
    step, *rest = steps
    if isinstance(step, int) and isinstance(owner, tuple):
        if step == -1:
            return _in_each(owner, owner, tuple, rest, new, path)
        if step >= len(owner):
            if not must:
                return owner, 0
            raise UsageError("search.no_such_place", path=path, place=step, last=len(owner) - 1)
        inner, places = _replaced(owner[step], rest, new, path, must)
        return (*owner[:step], inner, *owner[step + 1 :]), places
    if not isinstance(step, str) or not is_spec(owner):
        if not must:
            return owner, 0
        raise UsageError("search.leads_nowhere", path=path, value=_named(owner))
    if step not in field_names(owner):
        if not must:
            return owner, 0
        raise UsageError(
            "search.no_such_field",
            path=path,
            owner=type(owner).__name__,
            field=step,
            suggestion=suggestion(step, field_names(owner)),
            known=", ".join(field_names(owner)),
        )
    inner, places = _replaced(getattr(owner, step), rest, new, path, must)
    return (dataclasses.replace(owner, **{step: inner}) if places else owner), places


def _in_option(
    owner: Choice, label: str, steps: _Steps, new: Distribution, path: str
) -> tuple[Any, int]:
    """``owner`` with ``new`` in the option of this label."""
    if label not in owner.labels:
        raise UsageError(
            "search.no_such_option",
            path=path,
            option=label,
            suggestion=suggestion(label, owner.labels),
            known=", ".join(owner.labels),
        )
    place = owner.labels.index(label)
    inner, places = _replaced(owner.options[place], steps, new, path)
    return Choice(*owner.options[:place], inner, *owner.options[place + 1 :]), places


def _in_each(
    owner: Any,
    items: tuple[Any, ...],
    rebuilt: Callable[[list[Any]], Any],
    steps: _Steps,
    new: Distribution,
    path: str,
) -> tuple[Any, int]:
    """``owner`` with ``new`` in each of its ``items`` that has such a field."""
    found = [_replaced(item, steps, new, path, must=False) for item in items]
    places = sum(count for _, count in found)
    return (rebuilt([item for item, _ in found]) if places else owner), places


def _named(value: Any) -> str:
    return "None" if value is None else repr(value) if isinstance(value, str) else str(value)
