"""Random specifications of every registered kind, made from what their fields allow."""

from __future__ import annotations

import types
import typing
from typing import Any

import annotated_types
import pydantic
from hypothesis import strategies as st

import jaram
from jaram.augmentation import Augmentation
from jaram.begin import TrainedLayers
from jaram.network.activations import ActivationFunction
from jaram.network.initializers import Initializer
from jaram.network.layer import Layer
from jaram.objective.losses import Loss
from jaram.objective.penalties import Penalty
from jaram.objective.stopping import EarlyStopping
from jaram.optimizer.averaging import Averaging
from jaram.optimizer.clipping import Clipping
from jaram.optimizer.optimizers import Optimizer
from jaram.optimizer.schedules import ReduceOnPlateau, Schedule
from jaram.spec import registered

dir(jaram)  # registers all there is

FAMILIES: dict[type, str] = {
    Augmentation: "augmentation",
    ActivationFunction: "activation",
    Initializer: "initializer",
    Layer: "layer",
    Loss: "loss",
    Penalty: "penalty",
    EarlyStopping: "stopping",
    Averaging: "averaging",
    Clipping: "clipping",
    Optimizer: "optimizer",
    Schedule: "schedule",
    TrainedLayers: "begin",
}
NESTED = ("sequential", "residual", "parallel", "frozen")
DEEPEST = 2


def specs(cls: type, depth: int = 0) -> st.SearchStrategy[Any]:
    """Instances of one specification."""
    fields = {}
    for name, info in cls.__pydantic_fields__.items():  # type: ignore[attr-defined]
        drawn = values(info.annotation, info.metadata, depth)
        if cls.__name__ == "WarmUp" and name == "then":  # the one schedule that it refuses
            drawn = drawn.filter(lambda inner: not isinstance(inner, ReduceOnPlateau))
        if cls.__name__ == "Bidirectional" and name == "layer":
            drawn = st.one_of([specs(registered("layer")[one]) for one in ("rnn", "lstm", "gru")])
        fields[name] = drawn
    required = {n: s for n, s in fields.items() if cls.__pydantic_fields__[n].is_required()}  # type: ignore[attr-defined]
    optional = {n: s for n, s in fields.items() if n not in required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: cls(**given))


def of_family(family: str, depth: int = 0) -> st.SearchStrategy[Any]:
    """Instances of any specification of a family; nesting ends at a depth of two."""
    known = {
        name: cls
        for name, cls in registered(family).items()
        if depth < DEEPEST or name not in NESTED
    }
    return st.one_of([st.deferred(lambda c=cls: specs(c, depth + 1)) for cls in known.values()])


def values(annotation: Any, metadata: list[Any], depth: int) -> st.SearchStrategy[Any]:
    """What a field of this annotation may hold."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        base, *more = typing.get_args(annotation)
        inside = [
            part
            for mark in more
            for part in (mark.metadata if isinstance(mark, pydantic.fields.FieldInfo) else [mark])
        ]
        return values(base, [*metadata, *inside], depth)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(part, metadata, depth) for part in typing.get_args(annotation)])
    if origin is typing.Literal:
        return st.sampled_from(typing.get_args(annotation))
    if origin is tuple:
        parts = typing.get_args(annotation)
        if parts[-1] is ...:
            return st.lists(values(parts[0], [], depth), min_size=1, max_size=3).map(tuple)
        return st.tuples(*(values(part, [], depth) for part in parts))
    if annotation in FAMILIES:
        return of_family(FAMILIES[annotation], depth)
    return plain(annotation, metadata)


def plain(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    """Numbers within their limits, texts, None."""
    if annotation in (None, type(None)):
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation is str:
        return st.text("abcdefgh0123456789-_.", max_size=8).map("runs/{}".format)
    low = next((m.ge for m in metadata if isinstance(m, annotated_types.Ge)), None)
    most = next((m.le for m in metadata if isinstance(m, annotated_types.Le)), None)
    above = next((m.gt for m in metadata if isinstance(m, annotated_types.Gt)), None)
    below = next((m.lt for m in metadata if isinstance(m, annotated_types.Lt)), None)
    if annotation is int:
        least = low if low is not None else 0
        return st.integers(least, min(below - 1, 2**40) if below else least + 2**20)
    if annotation is float:
        return st.floats(
            min_value=low if low is not None else above,
            max_value=below if below is not None else most,
            exclude_min=above is not None,
            exclude_max=below is not None,
            allow_nan=False,
            allow_infinity=False,
        )
    raise NotImplementedError(annotation)  # a new kind of field wants a line here


def recipes() -> st.SearchStrategy[Any]:
    """Recipes of any specifications; their networks need not fit any data."""
    return specs(jaram.Recipe)
