"""``--set path=value``: one field of a recipe, however deep, from the command line."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, cast

from jaram.errors import UsageError
from jaram.messages.nearest import suggestion
from jaram.recipe import Recipe, split_words
from jaram.spec import is_spec, literal


def apply_settings(
    recipe: Recipe, settings: list[str], complete: Callable[[Recipe], Recipe]
) -> Recipe:
    """``recipe`` with every ``path=value`` of ``settings`` done, in order.

    A path goes through fields and positions: ``optimizer.learning_rate``, ``network.0.units``. A
    value is what a recipe file takes, specifications in words (``optimizer=sgd 0.1 momentum=0.9``).
    Where a path goes into a field that the recipe leaves to be chosen, ``complete`` is asked for
    the choice, and that field alone is taken from it.

    Raises :class:`~jaram.errors.UsageError` for a path that leads nowhere, with the nearest that
    does.
    """
    for setting in settings:
        path, sign, value = setting.partition("=")
        names = path.strip().split(".")
        if not sign or not all(names):
            raise UsageError("cli.needs_pair", option="--set", value=setting)
        top = names[0]
        _check_field(recipe, top, path)
        if len(names) > 1 and not _goes_deeper(getattr(recipe, top)):
            recipe = _with_chosen(recipe, top, complete(recipe))
        recipe = cast("Recipe", _replaced(recipe, names, value.strip(), path))
    return recipe


def _with_chosen(recipe: Recipe, field: str, completed: Recipe) -> Recipe:
    """``recipe`` with one field as it was chosen; a chosen network holds its output layer."""
    changes: dict[str, Any] = {field: getattr(completed, field)}
    if field == "network":
        changes["output"] = completed.output
    return dataclasses.replace(recipe, **changes)


def _replaced(owner: Any, names: list[str], value: str, path: str) -> Any:
    name, *rest = names
    if isinstance(owner, tuple):
        position = _position(owner, name, path)
        inner = _replaced(owner[position], rest, value, path) if rest else value
        return (*owner[:position], inner, *owner[position + 1 :])
    _check_field(owner, name, path)
    if not rest:
        return dataclasses.replace(owner, **{name: _read(type(owner), name, value)})
    current = getattr(owner, name)
    if not _goes_deeper(current):
        raise UsageError("cli.setting_too_deep", path=path, field=name, value=str(current))
    return dataclasses.replace(owner, **{name: _replaced(current, rest, value, path)})


def _goes_deeper(value: object) -> bool:
    return is_spec(value) or (isinstance(value, tuple) and bool(value))


def _check_field(owner: Any, name: str, path: str) -> None:
    known = [field.name for field in dataclasses.fields(owner)]
    if name not in known:
        raise UsageError(
            "cli.no_such_setting",
            path=path,
            owner=type(owner).__name__,
            field=name,
            suggestion=suggestion(name, known),
            known=", ".join(known),
        )


def _position(items: tuple[Any, ...], name: str, path: str) -> int:
    if name.isdigit() and int(name) < len(items):
        return int(name)
    raise UsageError("cli.no_such_position", path=path, position=name, last=len(items) - 1)


def _read(owner: type, name: str, value: str) -> object:
    """``value`` as the field's annotation wants it: a list where the field holds one."""
    hint = typing.get_type_hints(owner, include_extras=True)[name]
    if _holds_tuple(hint) and value.strip().lower() not in ("none", "auto", "balanced"):
        return tuple(literal(word) for word in split_words(value))
    if (
        value.strip().lower() == "none"
    ):  # a word of its own where nothing can't be meant: scale=none
        return None if _holds_none(hint) else value
    return literal(value)


def _parts(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) is Annotated:
        return _parts(typing.get_args(hint)[0])
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(part for inner in typing.get_args(hint) for part in _parts(inner))
    return (hint,)


def _holds_tuple(hint: Any) -> bool:
    return any(typing.get_origin(part) is tuple for part in _parts(hint))


def _holds_none(hint: Any) -> bool:
    return type(None) in _parts(hint)
