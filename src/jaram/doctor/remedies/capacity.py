"""Remedies of what a network can hold: width and depth."""

from __future__ import annotations

from collections.abc import Callable

from jaram.data.prepare import Prepared
from jaram.defaults import default_hidden
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.doctor.remedies.surgery import (
    ARRANGING,
    Piece,
    Pieces,
    divided,
    each,
    has_weights,
    pieces,
    rebuilt,
    width,
    with_hidden,
    with_width,
)
from jaram.network.layer import Layer
from jaram.recipe import Recipe
from jaram.spec import name_of

FACTOR = 4
"""Half as many units seldom change a result; a quarter does."""
FEWEST_UNITS = 4
WIDE_ENOUGH = 32
"""Units that a widened layer has at least: enough for the curves of the small textbook sets."""
MOST_UNITS = 4096


@remedy("widen", cost="memory")
def widen(recipe: Recipe, prepared: Prepared) -> Doses:
    """Four times the units in each hidden layer, and ``WIDE_ENOUGH`` at least."""
    if (to := with_hidden(recipe, each(_resized(wider)), prepared)) is not None:
        yield f"× {FACTOR}", to


def wider(units: int) -> int:
    """Units of a widened layer that has ``units``."""
    return max(units, min(MOST_UNITS, max(FACTOR * units, WIDE_ENOUGH)))


@remedy("simplify")
def simplify(recipe: Recipe, prepared: Prepared) -> Doses:
    """A quarter of the units in each hidden layer; the last hidden layer left out."""

    def narrower(units: int) -> int:
        return min(units, max(FEWEST_UNITS, units // FACTOR))

    if (to := with_hidden(recipe, each(_resized(narrower)), prepared)) is not None:
        yield f"÷ {FACTOR}", to
    before, last, head = _last_hidden(pieces(recipe))
    if any(has_weights(piece.layer) for piece in before):
        kept = tuple(piece for piece in last if name_of(piece.layer) in ARRANGING)
        if (to := rebuilt(recipe, (*before, *kept, *head), prepared)) is not None:
            yield "-1", to


@remedy("deepen", cost="memory")
def deepen(recipe: Recipe, prepared: Prepared) -> Doses:
    """One hidden layer more, like the last; the default hidden layers where there are none."""
    before, last, head = _last_hidden(pieces(recipe))
    if last:
        more = tuple(piece for piece in last if name_of(piece.layer) not in ARRANGING)
    else:
        more = tuple(Piece(one) for one in default_hidden(prepared) if has_weights(one))
    if (to := rebuilt(recipe, (*before, *last, *more, *head), prepared)) is not None:
        yield f"+{sum(has_weights(piece.layer) for piece in more)}", to


def _resized(units: Callable[[int], int]) -> Callable[[Layer], Layer]:
    def edit(layer: Layer) -> Layer:
        now = width(layer)
        return layer if now is None or units(now) == now else with_width(layer, units(now))

    return edit


def _last_hidden(whole: Pieces) -> tuple[Pieces, Pieces, Pieces]:
    """What comes before the last hidden layer with weights, that layer with what follows it, and
    the head. Where there is no hidden layer the second is empty."""
    hidden, head = divided(whole)
    weighted = [place for place, piece in enumerate(hidden) if has_weights(piece.layer)]
    start = weighted[-1] if weighted else len(hidden)
    return hidden[:start], hidden[start:], head
