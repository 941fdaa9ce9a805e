"""Distributions: what may stand in a recipe's field for a value that is searched for.

Each maps a share in [0, 1] to a value, so that a point of the unit cube is a recipe: samplers draw
points, a strategy narrows the cube, and neither knows what the axes are.
"""

from __future__ import annotations

import dataclasses
import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from jaram.errors import RecipeError
from jaram.spec import Undecided, describe, is_spec, name_of, undecided_in, words


class Distribution(Undecided):
    """Values of one field, each at a share in [0, 1]."""

    @abstractmethod
    def at(self, share: float) -> Any:
        """The value at ``share``; equal shares hold equal probability."""

    @property
    @abstractmethod
    def levels(self) -> int | None:
        """How many values there are; None for a continuum."""

    def settled(self, extremes: tuple[object, ...]) -> Distribution:
        """Numbers are what they are, whatever field they are for."""
        return self


@dataclass(frozen=True)
class Uniform(Distribution):
    """A number between ``low`` and ``high``, each as likely as the other."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _require_range(self, self.low, self.high)
        _make_floats(self)

    def at(self, share: float) -> float:
        return min(self.high, self.low + share * (self.high - self.low))

    @property
    def levels(self) -> None:
        return None

    def extremes(self) -> tuple[object, ...]:
        return self.low, self.high

    def described(self) -> Any:
        return {"uniform": [self.low, self.high]}

    def __str__(self) -> str:
        return f"uniform:{self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class LogUniform(Distribution):
    """A number between ``low`` and ``high``, each power of ten as likely as the other.

    ``1 - LogUniform(0.001, 0.5)`` is the scale for a momentum: 0.5, 0.9, 0.99, 0.999.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _require_range(self, self.low, self.high, above_zero=True)
        _make_floats(self)

    def at(self, share: float) -> float:
        value = self.low * math.pow(self.high / self.low, share)
        return min(self.high, max(self.low, value))

    @property
    def levels(self) -> None:
        return None

    def extremes(self) -> tuple[object, ...]:
        return self.low, self.high

    def described(self) -> Any:
        return {"log": [self.low, self.high]}

    def __str__(self) -> str:
        return f"log:{self.low:g}..{self.high:g}"

    def __rsub__(self, one: float) -> OneMinus:
        if one != 1:
            return NotImplemented
        return OneMinus(self)


@dataclass(frozen=True)
class OneMinus(Distribution):
    """1 − a number on a logarithmic scale: a share near 1, such as a momentum."""

    of: LogUniform

    def at(self, share: float) -> float:
        return 1 - self.of.at(share)

    @property
    def levels(self) -> None:
        return None

    def extremes(self) -> tuple[object, ...]:
        return 1 - self.of.low, 1 - self.of.high

    def described(self) -> Any:
        return {"one_minus": self.of.described()}

    def __str__(self) -> str:
        return f"1-{self.of}"


@dataclass(frozen=True)
class IntUniform(Distribution):
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        _require_range(self, self.low, self.high, whole=True)

    def at(self, share: float) -> int:
        return min(self.high, self.low + int(share * (self.high - self.low + 1)))

    @property
    def levels(self) -> int:
        return self.high - self.low + 1

    def extremes(self) -> tuple[object, ...]:
        return self.low, self.high

    def described(self) -> Any:
        return {"int": [self.low, self.high]}

    def __str__(self) -> str:
        return f"int:{self.low}..{self.high}"


@dataclass(frozen=True)
class IntLogUniform(Distribution):
    """A whole number from ``low`` to ``high``, each doubling as likely as the other."""

    low: int
    high: int

    def __post_init__(self) -> None:
        _require_range(self, self.low, self.high, whole=True, above_zero=True)

    def at(self, share: float) -> int:
        value = math.floor(self.low * math.pow((self.high + 1) / self.low, share))
        return min(self.high, max(self.low, value))

    @property
    def levels(self) -> int:
        return self.high - self.low + 1

    def extremes(self) -> tuple[object, ...]:
        return self.low, self.high

    def described(self) -> Any:
        return {"intlog": [self.low, self.high]}

    def __str__(self) -> str:
        return f"intlog:{self.low}..{self.high}"


@dataclass(frozen=True, init=False)
class Choice(Distribution):
    """One of ``options``: values of the field, which may hold distributions themselves."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        if len(options) < 2:
            raise RecipeError("search.few_options", got=len(options))
        whole = tuple(tuple(one) if isinstance(one, list) else one for one in options)
        for place, option in enumerate(whole):
            if any(_is_same(option, other) for other in whole[:place]):
                raise RecipeError("search.equal_options", value=_label(option))
        object.__setattr__(self, "options", whole)

    def index(self, share: float) -> int:
        """Which option stands at ``share``."""
        return min(len(self.options) - 1, int(share * len(self.options)))

    def at(self, share: float) -> Any:
        return self.options[self.index(share)]

    @property
    def levels(self) -> int:
        return len(self.options)

    def extremes(self) -> tuple[object, ...]:
        return self.options

    def settled(self, extremes: tuple[object, ...]) -> Choice:
        return Choice(*extremes)

    def described(self) -> Any:
        return {"choice": [describe(option) for option in self.options]}

    @property
    def labels(self) -> tuple[Any, ...]:
        """What the options are called in a table: plain values are their own name."""
        names: list[Any] = []
        for option in self.options:
            name = _label(option)
            names.append(f"{name} #{len(names) + 1}" if name in names else name)
        return tuple(names)

    def __str__(self) -> str:
        return "|".join(str(label) for label in self.labels)


def _is_same(option: Any, other: Any) -> bool:
    """Whether two options are one value; True and 1 are not."""
    return isinstance(option, bool) == isinstance(other, bool) and bool(option == other)


def _label(option: Any) -> Any:
    if is_spec(option):
        return name_of(option) if any(undecided_in(option)) else words(option)
    if isinstance(option, tuple):
        return ", ".join(str(_label(item)) for item in option) or "()"
    if option is None:
        return "none"
    return str(option) if isinstance(option, Distribution) else option


def field_names(value: Any) -> tuple[str, ...]:
    """The fields of a specification."""
    return tuple(field.name for field in dataclasses.fields(value))


def _require_range(
    owner: object, low: Any, high: Any, *, whole: bool = False, above_zero: bool = False
) -> None:
    """Raise RecipeError unless ``low < high`` are numbers of the kind wanted."""
    kinds = (int,) if whole else (int, float)
    for value in (low, high):
        if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
            key = "search.not_whole" if whole else "search.not_a_number"
            raise RecipeError(key, owner=type(owner).__name__, value=value)
    if above_zero and low <= 0:
        raise RecipeError("search.log_of_zero", owner=type(owner).__name__, value=low)
    if low >= high:
        raise RecipeError("search.empty_range", owner=type(owner).__name__, low=low, high=high)


def _make_floats(owner: Uniform | LogUniform) -> None:
    """Limits as floats, so that a field for whole numbers refuses them."""
    object.__setattr__(owner, "low", float(owner.low))
    object.__setattr__(owner, "high", float(owner.high))
