"""Remedies of what a recurrent network remembers: gates, first recurrent weights, attention."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jaram.data.prepare import Prepared
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.doctor.remedies.surgery import (
    Pieces,
    changed,
    divided,
    each,
    pieces,
    rebuilt,
    rounded,
    with_hidden,
)
from jaram.network.attention import AttentionPool
from jaram.network.bidirectional import Bidirectional
from jaram.network.initializers import Orthogonal
from jaram.network.layer import Layer
from jaram.network.network import shapes
from jaram.network.recurrent import GRU, LSTM, RNN
from jaram.recipe import Recipe

_KEPT = ("units", "return_sequences", "recurrent_dropout", "truncate", "init", "recurrent_init")
"""Fields that all recurrent layers have."""


def _recurrent(edit: Callable[[Any], Layer]) -> Callable[[Layer], Layer]:
    """``edit`` done to a recurrent layer, or to the one inside a bidirectional one."""

    def inside(layer: Layer) -> Layer:
        if isinstance(layer, Bidirectional):
            return changed(layer, layer=inside(layer.layer))
        return edit(layer) if isinstance(layer, RNN | LSTM | GRU) else layer

    return inside


@remedy("gated_memory", cost="time")
def gated_memory(recipe: Recipe, prepared: Prepared) -> Doses:
    """An LSTM or a GRU of as many units for each plain recurrent layer (Hochreiter & Schmidhuber,
    1997; Cho et al., 2014)."""
    for kind in (GRU, LSTM):
        to = with_hidden(recipe, each(_recurrent(_gated(kind))), prepared)
        if to is not None:
            yield kind.__name__.lower(), to


def _gated(kind: type[GRU] | type[LSTM]) -> Callable[[Layer], Layer]:
    def edit(layer: Layer) -> Layer:
        if not isinstance(layer, RNN):
            return layer
        return kind(**{field: getattr(layer, field) for field in _KEPT})

    return edit


@remedy("orthogonal_recurrence")
def orthogonal_recurrence(recipe: Recipe, prepared: Prepared) -> Doses:
    """Rotations for the first recurrent weights, which keep every state's length (Saxe et al.,
    2014), where they are something else."""

    def edit(layer: Any) -> Layer:
        is_rotation = layer.recurrent_init in (None, Orthogonal())
        return layer if is_rotation else changed(layer, recurrent_init=None)

    if (to := with_hidden(recipe, each(_recurrent(edit)), prepared)) is not None:
        yield "", to


@remedy("longer_memory")
def longer_memory(recipe: Recipe, prepared: Prepared) -> Doses:
    """The forget gates' bias of LSTMs at ln T for series of T steps, where it is lower: the gate is
    then 1 − 1 / (T + 1), and the cell forgets in about T steps (Tallec & Ollivier, 2018)."""
    bias = rounded(math.log(max(2, prepared.input_shape[0])))

    def edit(layer: Any) -> Layer:
        is_short = isinstance(layer, LSTM) and layer.forget_bias < bias
        return changed(layer, forget_bias=bias) if is_short else layer

    if (to := with_hidden(recipe, each(_recurrent(edit)), prepared)) is not None:
        yield f"{bias:g}", to


@remedy("attend_to_steps", cost="time")
def attend_to_steps(recipe: Recipe, prepared: Prepared) -> Doses:
    """Attention over the outputs of all steps in place of the last one alone, so that each step is
    one step away from the answer (Bahdanau et al., 2015)."""
    hidden, head = divided(pieces(recipe))
    sizes = shapes(tuple(piece.layer for piece in hidden), prepared.input_shape)
    for place, piece in enumerate(hidden):
        is_last_alone = len(sizes[place]) == 2 and len(sizes[place + 1]) == 1
        opened = _recurrent(lambda layer: changed(layer, return_sequences=True))(piece.layer)
        if is_last_alone and opened != piece.layer:
            pooled: Pieces = (piece._replace(layer=opened), piece._replace(layer=AttentionPool()))
            whole = (*hidden[:place], *pooled, *hidden[place + 1 :], *head)
            if (to := rebuilt(recipe, whole, prepared)) is not None:
                yield "", to
            return
