"""What changed from one recipe to another, as a person reads it.

Two networks are compared in a normal form, a list of *parts*: a layer and the activation it ends in
are two parts, and a layer made of layers is an opening part, the parts inside and a closing one. So
a normalisation put between the weights and the activation of a dense layer, and a connection led
around it, each show as one part more. The parts are aligned as spelling checkers align letters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from jaram.messages import Language, text
from jaram.network.initializers import Initializer, weights_for
from jaram.network.layer import Layer
from jaram.recipe import Recipe
from jaram.spec import describe as described
from jaram.spec import is_spec, name_of, words

Kind = Literal["changed", "added", "removed", "around"]


@dataclass(frozen=True)
class Change:
    """One change.

    kind: ``"changed"`` from one value to another; ``"added"`` or ``"removed"``, a layer or a
    penalty; ``"around"``, a layer led around others. what: the field (``"batch_size"``,
    ``"optimizer.learning_rate"``), or the part in words. before, after: values in words, of what
    changed. layers: numbers in the network as it was, from 1: of the layers changed or removed;
    after which the new layer stands, 0 for before the first; or around which. is_everywhere:
    whether all that had the value changed.
    """

    kind: Kind
    what: str
    before: str = ""
    after: str = ""
    layers: tuple[int, ...] = ()
    is_everywhere: bool = False

    def message(self, lang: Language | None = None) -> str:
        """The change in words."""
        values = {
            "what": self.what,
            "field": field_name(self.what, lang),
            "before": _shown(self.before, lang),
            "after": _shown(self.after, lang),
            "layers": _numbers(self.layers),
        }
        where = ("", "_layer", "_layers")[min(2, len(self.layers))]
        if self.layers == (0,):
            where = "_first"
        if self.is_everywhere:
            where = ""
        return text(f"difference.{self.kind}{where}", lang=lang, **values)


def difference(before: Recipe, after: Recipe) -> tuple[Change, ...]:
    """The changes, those of the network first; () for equal recipes.

    Alike changes of several layers are one. An initializer that only follows a changed activation,
    and factors of layer rates that only follow their layers, are not named.
    """
    found = [*_of_network(_whole(before), _whole(after))]
    for field in dataclasses.fields(before):
        name, old, new = field.name, getattr(before, field.name), getattr(after, field.name)
        if name in ("network", "output") or old == new:
            continue
        if name == "penalties":
            found += _of_penalties(old or (), new or ())
        elif name != "layer_rates" or len(before.network or ()) == len(after.network or ()):
            found += _of_value(name, old, new)
    return tuple(found)


def changes(before: Recipe, after: Recipe, lang: Language | None = None) -> tuple[str, ...]:
    """The changes in words, one by one."""
    return tuple(change.message(lang) for change in difference(before, after))


def describe(found: Sequence[Change], lang: Language | None = None) -> str:
    """Changes in one line: ``"activation sigmoid → relu; learning rate 0.1 → 0.01"``."""
    return "; ".join(change.message(lang) for change in found)


def field_name(name: str, lang: Language | None = None) -> str:
    """What a field is called: of a recipe, a layer (``"units"``), or of something in the recipe
    (``"optimizer.momentum"``)."""
    *_, last = name.split(".")
    for known in (name.replace(".", "_"), last):
        try:
            return text(f"difference.field_{known}", lang=lang)
        except KeyError:
            continue
    return last.replace("_", " ")  # a field of somebody's own


def _shown(value: str, lang: Language | None) -> str:
    known = {"none": "nothing", "True": "on", "False": "off"}
    return text(f"difference.value_{known[value]}", lang=lang) if value in known else value


def _numbers(layers: Sequence[int]) -> str:
    """``"1, 3–5"``."""
    runs: list[list[int]] = []
    for number in sorted(set(layers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)


# --- values -------------------------------------------------------------------------------------


def _of_value(name: str, old: Any, new: Any) -> Iterator[Change]:
    """The change of one field; field by field where both are of one kind."""
    if is_spec(old) and type(old) is type(new):
        for field in dataclasses.fields(old):
            inner, to = getattr(old, field.name), getattr(new, field.name)
            if inner != to:
                yield from _of_value(f"{name}.{field.name}", inner, to)
    else:
        yield Change("changed", name, _in_words(old), _in_words(new))


def _in_words(value: Any) -> str:
    """A value in words; an optimizer with its rate, also where that is the usual one."""
    if is_spec(value) and hasattr(value, "learning_rate"):
        usual = type(value)()
        others = (field.name for field in dataclasses.fields(value)[1:])
        said = [name for name in others if getattr(value, name) != getattr(usual, name)]
        rest = [f"{name}={_in_words(getattr(value, name))}" for name in said]
        return " ".join([name_of(value), f"{value.learning_rate:g}", *rest])
    if is_spec(value) and hasattr(value, "limit"):
        return _with_amount(value)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return "(" + ", ".join(_in_words(one) for one in value) + ")" if value else "none"
    return words(value) if is_spec(value) else str(described(value))


def _of_penalties(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    for kind in dict.fromkeys(type(one) for one in (*old, *new)):
        had = [one for one in old if type(one) is kind]
        has = [one for one in new if type(one) is kind]
        for one, other in zip(had, has, strict=False):
            yield from _of_value(name_of(kind), one, other)
        for one in had[len(has) :]:
            yield Change("removed", _with_amount(one))
        for one in has[len(had) :]:
            yield Change("added", _with_amount(one))


def _with_amount(value: Any) -> str:
    """In words with its amount, also where that is the usual one: ``"dropout 0.5"``."""
    amounts = [name for name in ("rate", "stddev", "strength", "limit") if hasattr(value, name)]
    if not amounts or " " in words(value):
        return words(value)
    return f"{name_of(value)} {_in_words(getattr(value, amounts[0]))}"


# --- networks -----------------------------------------------------------------------------------


class Part(NamedTuple):
    """One part of a network in normal form.

    kind: ``"dense"``, ``"activation"``, ``"residual("`` … ``"residual)"``. value: the layer, or the
    activation. number: of the layer of the network that it belongs to. is_own: whether it is the
    activation that a layer ends in, and no layer by itself.
    """

    kind: str
    value: Any
    number: int
    is_own: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether it is the activation of a layer that has none."""
        return self.kind == "activation" and name_of(self.value) == "identity"

    @property
    def is_named(self) -> bool:
        """Whether it is worth a word where it is added or removed."""
        return not (self.is_nothing or self.kind.endswith(")"))


def _whole(recipe: Recipe) -> list[Part]:
    layers = tuple(recipe.network or ())
    if isinstance(recipe.output, Layer):
        layers = (*layers, recipe.output)
    return [part for number, layer in enumerate(layers, 1) for part in _parts(layer, number)]


def _parts(layer: Layer, number: int) -> Iterator[Part]:
    kind = name_of(layer)
    inside = getattr(layer, "layers", None) or getattr(layer, "branches", None)
    if inside:
        if kind != "sequential":
            yield Part(f"{kind}(", layer, number)
        for one in inside:
            yield from _parts(one, number)
        if kind != "sequential":
            yield Part(f"{kind})", layer, number)
    elif kind != "activation":
        yield Part(kind, layer, number)
    if hasattr(layer, "activation") and not (inside and name_of(layer.activation) == "identity"):
        yield Part("activation", layer.activation, number, kind != "activation")


def _of_network(old: list[Part], new: list[Part]) -> Iterator[Change]:
    pairs = _aligned(old, new)
    follows = _numbers_whose_activation_changed(pairs)
    found: dict[tuple[Kind, str, str, str, bool], list[int]] = {}
    last = told = 0  # parts still to come of a layer made of layers that was added and told whole
    for index, (a, b) in enumerate(pairs):
        earlier = pairs[index - 1] if index else (None, None)
        if told and b is not None:
            told -= 1
        elif a is not None and b is not None:
            for change in _of_part(a, b, a.number in follows):
                key = (change.kind, change.what, change.before, change.after, False)
                found.setdefault(key, []).append(a.number)
        elif a is not None and a.is_named and not _goes_with(a, earlier[0], earlier[1]):
            found.setdefault(("removed", _named(a), "", "", False), []).append(a.number)
        elif b is not None and b.is_named and not _goes_with(b, earlier[1], earlier[0]):
            held = _inside(pairs, index) if b.kind.endswith("(") else []
            if b.kind.endswith("(") and not held:
                told = len(list(_parts(b.value, 0))) - 1
            what = _named(b) if held else _with_amount(b.value)
            key = ("around" if held else "added", what, "", "", not held and last == 0)
            found.setdefault(key, []).extend(held or [last])
        last = a.number if a is not None else last
    for (kind, what, before, after, _), numbers in found.items():
        everywhere = kind == "changed" and _had(old, what, before) <= set(numbers)
        yield Change(kind, what, before, after, tuple(dict.fromkeys(numbers)), everywhere)


def _goes_with(part: Part, earlier: Part | None, other: Part | None) -> bool:
    """Whether an activation is that of the layer before it, which was added or removed too."""
    return part.is_own and earlier is not None and other is None and not earlier.is_own


def _named(part: Part) -> str:
    """A part that was added or removed."""
    if part.kind.endswith("("):
        return part.kind[:-1]
    return _with_amount(part.value)


def _of_part(a: Part, b: Part, follows: bool) -> Iterator[Change]:
    """Changes between two parts of one kind."""
    if a.kind == "activation" and a.value != b.value:
        yield Change("changed", "activation", _in_words(a.value), _in_words(b.value))
    if a.kind == "activation" or a.kind.endswith(")"):
        return
    for field in dataclasses.fields(a.value):
        if field.name in ("activation", "layers", "branches"):
            continue
        old, new = getattr(a.value, field.name), getattr(b.value, field.name)
        if field.name == "init" and hasattr(a.value, "activation"):
            yield from _of_init(a, b, follows)
        elif old != new:
            yield from _of_value(field.name, old, new)


def _of_init(a: Part, b: Part, follows: bool) -> Iterator[Change]:
    """Of initial weights, by what they are in effect: none said is the activation's default."""
    old, new = (_effective(part.value, "init") for part in (a, b))
    is_said = isinstance(a.value.init, Initializer) or isinstance(b.value.init, Initializer)
    if old == new or not is_said or (follows and a.value.init is None):
        return
    yield Change("changed", "init", _in_words(old), _in_words(new))


def _numbers_whose_activation_changed(
    pairs: Sequence[tuple[Part | None, Part | None]],
) -> frozenset[int]:
    return frozenset(
        a.number
        for a, b in pairs
        if a is not None and b is not None and a.kind == "activation" and a.value != b.value
    )


def _inside(pairs: Sequence[tuple[Part | None, Part | None]], start: int) -> list[int]:
    """Numbers of the old layers that a new layer made of layers holds."""
    opening = pairs[start][1]
    assert opening is not None
    closing, depth, held = opening.kind[:-1] + ")", 0, []
    for a, b in pairs[start:]:
        if b is not None:
            depth += (b.kind == opening.kind) - (b.kind == closing)
        if depth == 0:
            break
        if a is not None:
            held.append(a.number)
    return list(dict.fromkeys(held))


def _had(old: Sequence[Part], what: str, value: str) -> set[int]:
    """Numbers of the layers of which a field has a value."""
    if what == "activation":
        return {p.number for p in old if p.kind == what and _in_words(p.value) == value}
    return {
        part.number
        for part in old
        if hasattr(part.value, what) and _in_words(_effective(part.value, what)) == value
    }


def _effective(layer: Any, what: str) -> Any:
    """A field's value; of initial weights the initializer that draws them."""
    value = getattr(layer, what)
    if what == "init" and hasattr(layer, "activation"):
        return weights_for(value, layer.activation)
    return value


_FIELD = 0.1
"""What a changed field costs beside a part left out or put in, which costs 1: a part of the same
kind is always the same part, changed."""


def _aligned(old: list[Part], new: list[Part]) -> list[tuple[Part | None, Part | None]]:
    """The cheapest way from one list to the other (Needleman & Wunsch, 1970)."""
    rows, columns = len(old), len(new)
    cost = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        cost[i][columns] = cost[i + 1][columns] + _alone(old[i])
    for j in range(columns - 1, -1, -1):
        cost[rows][j] = cost[rows][j + 1] + _alone(new[j])
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            cost[i][j] = min(
                cost[i + 1][j + 1] + _apart(old[i], new[j]),
                cost[i + 1][j] + _alone(old[i]),
                cost[i][j + 1] + _alone(new[j]),
            )
    pairs: list[tuple[Part | None, Part | None]] = []
    i = j = 0
    while i < rows or j < columns:
        both = i < rows and j < columns
        if both and cost[i][j] == cost[i + 1][j + 1] + _apart(old[i], new[j]):
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif i < rows and cost[i][j] == cost[i + 1][j] + _alone(old[i]):
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs


def _alone(part: Part) -> float:
    return _FIELD / 10 if part.is_nothing else 1.0


def _apart(a: Part, b: Part) -> float:
    """How different two parts are; more than both left out if they are of different kinds."""
    if a.kind != b.kind:
        return 3.0
    if a.kind == "activation":
        return 0.0 if a.value == b.value else 5 * _FIELD
    names = [field.name for field in dataclasses.fields(a.value)]
    compared = [name for name in names if name not in ("activation", "layers", "branches")]
    changed = sum(bool(getattr(a.value, name) != getattr(b.value, name)) for name in compared)
    return min(1.0, changed * _FIELD)
