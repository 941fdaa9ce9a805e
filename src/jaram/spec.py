"""Specifications: frozen, validated values whose floats are knobs.

A specification is a frozen dataclass, checked by pydantic when it is made. It is also a JAX pytree:
its float fields (and those of the specifications inside it) are the leaves, everything else is
static structure. So specifications of equal structure stack leaf by leaf into a population::

    stacked = jax.tree.map(lambda *knobs: np.stack(knobs), SGD(0.1), SGD(0.01))

A float that must stay static (it decides a shape, say) is annotated ``Annotated[float, STATIC]``;
an integer that is a knob (the seed) is annotated ``Annotated[int, KNOB]``.

Every specification registers itself under its family and name, which is how it is found by a
recipe file, by the command line and by another specification's field.

A field may also hold something :class:`Undecided`, which stands for several values: each of them is
checked as the field's value would be.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar, dataclass_transform

import jax
import pydantic
from pydantic import BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from jaram.errors import JaramError, RecipeError
from jaram.messages import text
from jaram.messages.nearest import suggestion

T = TypeVar("T")
Described = dict[str, Any]

STATIC = "jaram: a float that is structure"
KNOB = "jaram: an integer that is a knob"

Seed = Annotated[int, KNOB, pydantic.Field(ge=0, lt=2**32, strict=True)]
Count = Annotated[int, pydantic.Field(ge=1, strict=True)]
"""A positive integer: units, epochs, steps."""
Share = Annotated[float, pydantic.Field(ge=0.0, lt=1.0, allow_inf_nan=False)]
"""A share in [0, 1)."""
Positive = Annotated[float, pydantic.Field(gt=0.0, allow_inf_nan=False)]
NonNegative = Annotated[float, pydantic.Field(ge=0.0, allow_inf_nan=False)]
Finite = Annotated[float, pydantic.Field(allow_inf_nan=False)]


class Undecided(ABC):
    """Stands in a field for values of which one is drawn later: a distribution to search over."""

    @abstractmethod
    def extremes(self) -> tuple[object, ...]:
        """Values such that all it stands for are right for a field if these are."""

    @abstractmethod
    def settled(self, extremes: tuple[object, ...]) -> Undecided:
        """The same with its extremes as the field reads them: ``"relu"`` as ``ReLU()``."""

    @abstractmethod
    def described(self) -> Any:
        """As plain tables, lists, strings and numbers (:func:`describe`)."""


_registry: dict[str, dict[str, type]] = {}
_names: dict[type, tuple[str, str]] = {}
_in_child = object()


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, pydantic.Field))
def spec(*, family: str, name: str, aliases: tuple[str, ...] = ()) -> Callable[[type[T]], type[T]]:
    """Class decorator that makes a specification called ``name`` in ``family``.

    Wrong values raise :class:`~jaram.errors.RecipeError` naming the class, the field, the value
    and what would be right.
    """

    def decorate(cls: type[T]) -> type[T]:
        made = pydantic_dataclass(
            frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        )(cls)
        _speak_plainly(made)
        knobs = _knob_fields(made)
        _register_pytree(made, knobs)
        family_members = _registry.setdefault(family, {})
        for known_as in (name, *aliases):
            family_members[known_as] = made
        _names[made] = (family, name)
        return typing.cast("type[T]", made)

    return decorate


def registered(family: str) -> dict[str, type]:
    """The specifications of ``family`` by name, aliases left out, in order of definition."""
    return {name: cls for name, cls in _registry.get(family, {}).items() if _names[cls][1] == name}


def families() -> tuple[str, ...]:
    """All families that have a member."""
    return tuple(_registry)


def name_of(value: object) -> str:
    """The registered name of a specification or its class: ``"dense"``."""
    return _names[value if isinstance(value, type) else type(value)][1]


def is_spec(value: object) -> bool:
    """Whether ``value`` is a specification."""
    return type(value) in _names


def lookup(family: str, name: str) -> type:
    """The class of ``name`` in ``family``; raises RecipeError with the nearest name if there is
    none."""
    members = _registry.get(family, {})
    key = name.strip().lower().replace("-", "_")
    if key in members:
        return members[key]
    compact = {known.replace("_", ""): cls for known, cls in members.items()}
    if key.replace("_", "") in compact:  # "LeakyReLU", as the class is called in Python
        return compact[key.replace("_", "")]
    raise RecipeError(
        "spec.unknown_name",
        family=_family_word(family, "en"),
        family_ko=_family_word(family, "ko"),
        name=name,
        known=", ".join(registered(family)),
        suggestion=suggestion(key, members),
    )


def parse(family: str, value: object) -> Any:
    """A specification of ``family`` from what a person may write.

    Takes a specification (returned as it is), a table ``{"type": "dense", "units": 64}``, or words
    ``"dense 64 relu"``: the name, then values in the order of the fields, then ``field=value``.
    ``None`` and ``"none"`` give ``None``.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() == "none"):
        return None
    if is_spec(value):
        return value
    if isinstance(value, str):
        return _from_words(family, value)
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        fields = {str(key): item for key, item in value.items() if key != "type"}
        return lookup(family, value["type"])(**fields)
    raise RecipeError(
        "spec.not_a_spec",
        family=_family_word(family, "en"),
        family_ko=_family_word(family, "ko"),
        value=value,
    )


def parser(family: str) -> BeforeValidator:
    """The pydantic validator that lets a field take anything :func:`parse` takes."""
    return BeforeValidator(lambda value: parse(family, value))


def with_fields(value: T, **changes: object) -> T:
    """``value`` with other fields, unchecked: inside a compiled program a knob is a tracer, which
    no validator knows. Elsewhere use :func:`dataclasses.replace`, which checks."""
    changed: T = object.__new__(type(value))
    for field in dataclasses.fields(typing.cast("Any", value)):
        kept = changes.get(field.name, getattr(value, field.name))
        object.__setattr__(changed, field.name, kept)
    return changed


def describe(value: object) -> Any:
    """A specification as plain tables, lists, strings and numbers, ready for TOML or JSON.

    Fields that have their default are left out; ``None`` becomes ``"none"``. The inverse is
    :func:`parse`.
    """
    if is_spec(value):
        table: Described = {"type": name_of(value)}
        for field in dataclasses.fields(typing.cast("Any", value)):
            item = getattr(value, field.name)
            if not _is_default(field, item):
                table[field.name] = describe(item)
        return table["type"] if len(table) == 1 and table["type"] != "recipe" else table
    if isinstance(value, Undecided):
        return value.described()
    if isinstance(value, tuple | list):
        return [describe(item) for item in value]
    if value is None:
        return "none"
    if hasattr(value, "item"):
        return value.item()
    return value


def words(value: object) -> str:
    """A specification as one readable line: ``dense 64 relu``; fields past the first two are named.

    A value of several words stands in brackets: ``dense 64 (leaky_relu 0.2)``. :func:`parse`
    reads the line.
    """
    if isinstance(value, Undecided):
        return str(value)
    if not is_spec(value):
        return str(describe(value))
    parts = [name_of(value)]
    for index, field in enumerate(dataclasses.fields(typing.cast("Any", value))):
        item = getattr(value, field.name)
        if _is_default(field, item):
            continue
        in_place = index == len(parts) - 1
        parts.append(_shown(item) if in_place and index < 2 else f"{field.name}={_shown(item)}")
    return " ".join(parts)


def _shown(value: object) -> str:
    """A field's value within :func:`words`."""
    if isinstance(value, tuple | list):
        inside = (words(item) if is_spec(item) else _shown(item) for item in value)
        return "(" + ", ".join(inside) + ")"
    if is_spec(value):
        line = words(value)
        return f"({line})" if " " in line else line
    if isinstance(value, Undecided):
        return str(value)
    if not isinstance(value, float):
        return str(describe(value))
    short = f"{value:g}"  # but 0.9999999 is no 1, which a share may not be
    return repr(value) if float(short).is_integer() and float(short) != value else short


def split(line: str, at: str = " ") -> list[str]:
    """The parts of ``line`` between separators ``at`` outside brackets; empty ones left out."""
    parts, depth = [""], 0
    for letter in line:
        depth += (letter in "([") - (letter in ")]")
        if letter == at and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _from_words(family: str, line: str) -> Any:
    name, *values = split(" ".join(line.split())) or [line]
    cls = lookup(family, name)
    fields = [field.name for field in dataclasses.fields(cls)]
    named = dict(value.split("=", 1) for value in values if _is_named(value))
    positional = [value for value in values if not _is_named(value)]
    if len(positional) > len(fields):
        raise RecipeError(
            "spec.too_many_values",
            owner=cls.__name__,
            most=len(fields),
            known=", ".join(fields),
            got=len(positional),
        )
    given = dict(zip(fields, positional, strict=False)) | named
    return cls(**{field: _read(value) for field, value in given.items()})


def _is_named(word: str) -> bool:
    return word.partition("=")[0].isidentifier() and "=" in word


def _read(word: str) -> object:
    """A word as :func:`literal` has it; in brackets a tuple if there are commas, else itself."""
    if word[:1] not in ("(", "[") or word[-1:] not in (")", "]"):
        return literal(word)
    inside = split(word[1:-1], ",")
    return _read(inside[0]) if len(inside) == 1 else tuple(_read(part) for part in inside)


def literal(word: str) -> object:
    """``"64"`` as an int, ``"1e-3"`` as a float, ``"true"`` as a bool, ``"none"`` as None, else
    the word."""
    lowered = word.strip().lower()
    constants: dict[str, object] = {"true": True, "false": False, "none": None}
    if lowered in constants:
        return constants[lowered]
    for kind in (int, float):
        try:
            return kind(lowered)
        except ValueError:
            continue
    return word


def _is_default(field: dataclasses.Field[Any], value: object) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(field.default_factory() == value)
    default = field.default
    if isinstance(default, pydantic.fields.FieldInfo):
        default = default.get_default(call_default_factory=True)
    return type(default) is type(value) and bool(default == value)


def _family_word(family: str, lang: typing.Literal["en", "ko"]) -> str:
    try:
        return text(f"spec.family_{family}", lang=lang)
    except KeyError:  # a family of somebody's own
        return family


def _knob_fields(cls: type) -> tuple[bool, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_holds_knob(hints[field.name]) for field in dataclasses.fields(cls))


def _holds_knob(annotation: Any) -> bool:
    if typing.get_origin(annotation) is Annotated:
        base, *marks = typing.get_args(annotation)
        return KNOB in marks or (STATIC not in marks and _holds_knob(base))
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, tuple):
        return any(_holds_knob(part) for part in typing.get_args(annotation))
    return annotation is float or (isinstance(annotation, type) and annotation not in _PLAIN)


_PLAIN: tuple[type, ...] = (int, str, bool, type(None), type(...))


def _register_pytree(cls: type, knobs: tuple[bool, ...]) -> None:
    names = tuple(field.name for field in dataclasses.fields(cls))

    def flatten(value: object) -> tuple[list[Any], tuple[Any, ...]]:
        children: list[Any] = []
        static: list[Any] = []
        for name, is_knob in zip(names, knobs, strict=True):
            item = getattr(value, name)
            in_child = is_knob and not isinstance(item, str | bool)
            children.append(item if in_child else None)
            static.append(_in_child if in_child else item)
        return children, tuple(static)

    def unflatten(static: tuple[Any, ...], children: Iterable[Any]) -> object:
        # Not through __init__: leaves may be tracers or stacked arrays, which no validator knows.
        value: object = object.__new__(cls)
        for name, kept, child in zip(names, static, children, strict=True):
            object.__setattr__(value, name, child if kept is _in_child else kept)
        return value

    jax.tree_util.register_pytree_node(cls, flatten, unflatten)


def _speak_plainly(cls: type) -> None:
    """Turn pydantic's errors into one sentence of ours, and take what is undecided."""
    checked_init: Callable[..., None] = vars(cls)["__init__"]
    names = tuple(field.name for field in dataclasses.fields(cls))

    def init(self: object, *args: object, **kwargs: object) -> None:
        try:
            if not any(is_undecided(value) for value in (*args, *kwargs.values())):
                checked_init(self, *args, **kwargs)
                return
            checked_init(self, *map(_decided, args), **{n: _decided(v) for n, v in kwargs.items()})
            given = dict(zip(names, args, strict=False)) | kwargs
            for name, value in given.items():
                if is_undecided(value):
                    checked = _each_checked(value, functools.partial(_as_field, cls, given, name))
                    object.__setattr__(self, name, checked)
        except pydantic.ValidationError as error:
            raise _first_fault(cls, error) from None

    type.__setattr__(cls, "__init__", functools.wraps(checked_init)(init))


def undecided_in(value: object, path: str = "") -> Iterator[str]:
    """Paths of what is undecided in a specification or a tuple of them, ``network[0].units``."""
    if isinstance(value, Undecided):
        yield path
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from undecided_in(item, f"{path}[{place}]")
    elif is_spec(value):
        for field in dataclasses.fields(typing.cast("Any", value)):
            inside = f"{path}.{field.name}" if path else field.name
            yield from undecided_in(getattr(value, field.name), inside)


def is_undecided(value: object) -> bool:
    """Whether ``value`` is undecided, or a tuple in which something is; specifications aside."""
    if isinstance(value, tuple | list):
        return any(is_undecided(item) for item in value)
    return isinstance(value, Undecided)


def _decided(value: object) -> object:
    """``value`` with the first extreme of whatever in it is undecided."""
    if isinstance(value, Undecided):
        return _decided(value.extremes()[0])
    if is_undecided(value):
        return tuple(_decided(item) for item in typing.cast("tuple[object, ...]", value))
    return value


def _as_field(cls: type, given: Mapping[str, object], name: str, value: object) -> Any:
    """What the field ``name`` makes of ``value``, which is decided, beside the other fields."""
    others = {field: _decided(item) for field, item in given.items()}
    return getattr(cls(**others | {name: value}), name)


def _each_checked(value: object, check: Callable[[object], Any]) -> object:
    """``value`` as ``check`` reads it, for each that it stands for."""
    if isinstance(value, Undecided):
        return value.settled(tuple(_each_checked(one, check) for one in value.extremes()))
    if not is_undecided(value):
        return check(value)
    items = list(typing.cast("tuple[object, ...]", value))
    first = [_decided(item) for item in items]

    def at(place: int, item: object) -> Any:
        return check((*first[:place], item, *first[place + 1 :]))[place]

    return tuple(
        _each_checked(item, functools.partial(at, place)) for place, item in enumerate(items)
    )


def _first_fault(cls: type, error: pydantic.ValidationError) -> JaramError:
    fault = error.errors(include_url=False)[0]
    inner = fault.get("ctx", {}).get("error")
    if isinstance(inner, JaramError):
        return inner
    names = [field.name for field in dataclasses.fields(cls)]
    place = [str(part) for part in fault["loc"]]
    owner, kind, value = cls.__name__, fault["type"], fault["input"]
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return RecipeError(
            "spec.unknown_field",
            owner=owner,
            field=place[0],
            known=", ".join(names),
            suggestion=suggestion(place[0], names),
        )
    if kind in ("missing", "missing_argument"):
        return RecipeError("spec.missing_field", owner=owner, field=place[0])
    if kind == "unexpected_positional_argument":
        return RecipeError(
            "spec.too_many_values",
            owner=owner,
            most=len(names),
            known=", ".join(names),
            got=int(place[0]) + 1,
        )
    field = names[int(place[0])] if place[0].isdigit() else place[0]
    bounds = {
        "greater_than": ">",
        "greater_than_equal": "≥",
        "less_than": "<",
        "less_than_equal": "≤",
    }
    if kind in bounds:
        limit = next(iter(fault["ctx"].values()))
        return RecipeError(
            "spec.out_of_range",
            owner=owner,
            field=field,
            constraint=f"{bounds[kind]} {limit:g}",
            value=value,
        )
    expected = fault["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    return RecipeError("spec.wrong_type", owner=owner, field=field, expected=expected, value=value)
