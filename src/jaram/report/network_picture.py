"""The drawing of a network: a bar for each layer, taller where there are more units."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon

from jaram.messages import Language, text
from jaram.report.evidence import Table
from jaram.report.palette import INK, QUIET, layer_colours

ACROSS = 9
"""Stations in one line; longer networks go on in the next."""
_REACH = 0.9
_LINE = 3.2


def draw_network(layers: list[Table], lang: Language) -> Figure:
    """A picture of ``layers``, the rows of the network's table, from left to right."""
    sizes = [
        _shape(layers[0].get("input_shape")),
        *(_shape(row.get("output_shape")) for row in layers),
    ]
    names = [text("report.input", lang=lang), *(str(row.get("layer", "?")) for row in layers)]
    parameters = [0, *(int(row.get("parameters") or 0) for row in layers)]
    colours = [QUIET, *layer_colours(len(layers))]
    tallest = math.log1p(max(2, *(shape[-1] for shape in sizes)))
    halves = [0.12 + (_REACH - 0.12) * math.log1p(shape[-1]) / tallest for shape in sizes]

    across = min(ACROSS, len(sizes))
    lines = -(-len(sizes) // ACROSS)
    figure = Figure(figsize=(1.3 * across, 2.6 * lines + 0.3))
    axes = figure.subplots()
    places = [(index % ACROSS, -_LINE * (index // ACROSS)) for index in range(len(sizes))]
    for index, (x, y) in enumerate(places):
        passes = index > 0 and not parameters[index] and sizes[index] == sizes[index - 1]
        if index and places[index - 1][1] == y:
            _link(axes, x, y, halves[index - 1], halves[index])
        _bar(axes, x, y, halves[index], colours[index], 0.03 if passes else 0.08)
        _label(axes, x, y - _REACH - 0.2, names[index], sizes[index])
        if parameters[index]:
            count = text("report.parameters_short", lang=lang, count=f"{parameters[index]:,}")
            axes.text(x, y - _REACH - 0.82, count, ha="center", va="top", color=QUIET, size=9)
    axes.set_xlim(-0.6, across - 0.4)
    axes.set_ylim(places[-1][1] - _REACH - 1.2, _REACH + 0.2)
    axes.set_axis_off()
    return figure


def _shape(value: object) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in value) if isinstance(value, list) else ()
    return sizes or (1,)


def _bar(axes: Axes, x: float, y: float, half: float, colour: str, width: float) -> None:
    rounding = f"round,pad=0,rounding_size={width}"
    place = (x - width, y - half)
    axes.add_patch(FancyBboxPatch(place, 2 * width, 2 * half, boxstyle=rounding, fc=colour, lw=0))


def _link(axes: Axes, x: float, y: float, before: float, after: float) -> None:
    left, right = x - 0.9, x - 0.1
    corners = [(left, y - before), (right, y - after), (right, y + after), (left, y + before)]
    axes.add_patch(Polygon(corners, closed=True, fc=QUIET, alpha=0.15, lw=0))


def _label(axes: Axes, x: float, y: float, name: str, sizes: tuple[int, ...]) -> None:
    word = name.split(" ")[0]
    short = word if len(word) < 14 else f"{word[:12]}…"
    axes.text(x, y, short, ha="center", va="top", color=INK, size=10)
    axes.text(x, y - 0.32, " × ".join(map(str, sizes)), ha="center", va="top", color=QUIET, size=9)
