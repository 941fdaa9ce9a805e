"""Figures of single examples: augmented pictures, saliency, filters, words, series, forecasts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea, VPacker
from numpy.typing import NDArray

from jaram.insight.pixels import Pixels, array_of
from jaram.messages import Language, text
from jaram.report.evidence import Evidence, Table, rows, table
from jaram.report.palette import INK, QUIET, TEST, TRAIN, VALID, layer_colours

FOR, AGAINST = (22, 89, 199), (205, 84, 20)
RIVALS = {"naive": TRAIN, "seasonal_naive": TEST}
UNITS_IN_LINE = 96
"""Letters in a line of text; a Hangul syllable counts as two."""


def augmented(evidence: Evidence, lang: Language) -> Figure | None:
    """Training pictures, each as it is and as augmentation changes it."""
    lines = rows(evidence.augmented.get("pictures"))
    if not lines:
        return None
    across = 1 + max(len(_pixels(line, "changed")) for line in lines)
    figure = Figure(figsize=(1.05 * across, 1.05 * len(lines) + 0.5))
    grid = figure.subplots(len(lines), across, squeeze=False)
    for own, line in zip(grid, lines, strict=True):
        for axes in own:
            axes.set_axis_off()
        for axes, pixels in zip(
            own, [*_pixels(line, "picture"), *_pixels(line, "changed")], strict=False
        ):
            _show(axes, pixels)
    figure.suptitle(text("report.augmented", lang=lang), x=0.01, ha="left")
    return figure


def pictures_seen(evidence: Evidence, lang: Language) -> Figure | None:
    """Pictures and their saliency, the surest mistakes first."""
    told = [one for one in _examples(evidence, "pictures") if _pixels(one, "saliency")]
    if not told:
        return None
    across = min(4, len(told))
    down = -(-len(told) // across)
    figure = Figure(figsize=(2.6 * across, 1.75 * down + 0.5))
    grid = figure.subplots(down, 2 * across, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for place, one in enumerate(told):
        left, right = grid[place // across, 2 * (place % across) : 2 * (place % across) + 2]
        _show(left, _pixels(one, "picture")[0])
        _show(right, _pixels(one, "saliency")[0], "hot")
        left.set_title(_answer(one, lang), fontsize=8, color=_tone(one))
    figure.suptitle(text("report.pictures_seen", lang=lang), x=0.01, ha="left")
    return figure


def filters(evidence: Evidence, lang: Language) -> Figure | None:
    """The first convolution's kernels, and below them what they see in a picture."""
    kernels = _pixels(table(evidence.examples.get("filters")), "pictures")
    told = table(evidence.examples.get("maps"))
    maps = [*_pixels(told, "picture"), *_pixels(told, "pictures")]
    if not kernels:
        return None
    across = 12
    down = [-(-len(some) // across) for some in (kernels, maps)]
    figure = Figure(figsize=(9, 0.8 * sum(down) + 0.8))
    parts = figure.subfigures(
        2 if maps else 1, 1, squeeze=False, height_ratios=down[: 1 + bool(maps)]
    )
    for part, some, key in zip(parts[:, 0], (kernels, maps), ("filters", "maps"), strict=False):
        grid = part.subplots(-(-len(some) // across), across, squeeze=False)
        for axes in grid.ravel():
            axes.set_axis_off()
        for axes, pixels in zip(grid.ravel(), some, strict=False):
            _show(axes, pixels)
        part.suptitle(text(f"report.{key}", lang=lang), x=0.01, ha="left")
    return figure


def words_that_mattered(evidence: Evidence, lang: Language) -> Figure | None:
    """Texts with each unit on a ground as strong as its effect on the answer."""
    told = _examples(evidence, "text")
    if not told:
        return None
    between = str(evidence.examples.get("between", ""))
    blocks = [_text_block(one, between, lang) for one in told]
    packed = VPacker(children=[line for block in blocks for line in block], pad=0, sep=7)
    figure = Figure(figsize=(6.6, 0.9 + 0.22 * sum(map(len, blocks))))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_title(text("report.words_that_mattered", lang=lang))
    note = text("report.words_that_mattered_picture", lang=lang)
    axes.text(0, 0, note, fontsize=8, color=QUIET, transform=axes.transAxes)
    axes.add_artist(AnchoredOffsetbox("upper left", child=packed, frameon=False, pad=0))
    return figure


def _text_block(one: Table, between: str, lang: Language) -> list[Artist]:
    """The lines of a text, and under them what the network answered."""
    pairs = [pair for pair in one.get("units") or () if isinstance(pair, list) and len(pair) == 2]
    effects = [abs(pair[1]) for pair in pairs if isinstance(pair[1], int | float)]
    most = max(effects, default=0.0) or 1.0
    lines: list[list[Artist]] = [[]]
    width = 0
    for unit, effect in pairs:
        length = len(unit) + sum(ord(letter) > 0x10FF for letter in unit) + len(between)
        if width + length > UNITS_IN_LINE and lines[-1]:
            lines.append([])
            width = 0
        width += length
        share = effect / most if isinstance(effect, int | float) else 0.0
        ground = {"facecolor": _ground(share), "edgecolor": "none", "pad": 0.8}
        lines[-1].append(TextArea(f"{unit}{between}", textprops={"size": 9, "bbox": ground}))
    props = {"size": 8, "color": _tone(one)}
    answer = TextArea(_answer(one, lang).replace("\n", "   "), textprops=props)
    lines.append([answer])
    return [HPacker(children=line, pad=0, sep=0) for line in lines if line]


def _ground(share: float) -> tuple[float, float, float]:
    """White for no effect, blue for what the answer hangs on, orange for what is against it."""
    colour = FOR if share > 0 else AGAINST
    strength = 0.6 * abs(share)
    red, green, blue = (1 - strength * (1 - channel / 255) for channel in colour)
    return red, green, blue


def series_seen(evidence: Evidence, lang: Language) -> Figure | None:
    """Series and the answers to them, the surest mistakes first."""
    told = [one for one in _examples(evidence, "series") if one.get("lines")]
    if not told:
        return None
    across = min(3, len(told))
    down = -(-len(told) // across)
    figure = Figure(figsize=(3.4 * across, 1.9 * down + 0.4))
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes in grid[len(told) :]:
        axes.set_visible(False)
    for axes, one in zip(grid, told, strict=False):
        lines = [_numbers(line) for line in one["lines"]]
        for line, colour in zip(lines, layer_colours(len(lines)), strict=True):
            axes.plot(line, color=colour, lw=1.2)
        axes.set_title(_answer(one, lang), fontsize=8, color=_tone(one))
    figure.suptitle(text("report.series_seen", lang=lang), x=0.01, ha="left")
    return figure


def forecast(evidence: Evidence, lang: Language) -> Figure | None:
    """What was foretold with its interval, against what came and what needs no learning."""
    told = _examples(evidence, "forecast")
    if not told:
        return None
    figure = Figure(figsize=(9, 2.9 * len(told)))
    every = figure.subplots(len(told), 1, squeeze=False).ravel()
    for axes, one in zip(every, told, strict=True):
        _forecast(axes, one, lang)
        axes.set_ylabel(str(evidence.examples.get("target", "")))
    every[-1].set_xlabel(text("report.steps_ahead", lang=lang))
    every[0].legend(loc="upper left", ncols=2)
    return figure


def _forecast(axes: Axes, one: Table, lang: Language) -> None:
    past, truth = _numbers(one.get("past")), _numbers(one.get("true"))
    before = range(1 - len(past), 1)
    ahead = range(1, len(truth) + 1)
    came = text("report.what_came", lang=lang)
    axes.plot([*before, *ahead], [*past, *truth], color=INK, lw=1.3, label=came)
    own = text("report.forecast_network", lang=lang)
    axes.plot(ahead, _numbers(one.get("predicted")), color=VALID, label=own)
    for name, colour in RIVALS.items():
        if one.get(name):
            label = text(f"report.forecast_{name}", lang=lang)
            axes.plot(ahead, _numbers(one[name]), "--", color=colour, lw=1.2, label=label)
    low, high = _numbers(one.get("low")), _numbers(one.get("high"))
    if len(low) == len(high) == len(truth):
        axes.fill_between(ahead, low, high, color=VALID, alpha=0.16, lw=0)
    axes.set_title(text("report.forecast_from", lang=lang, row=one.get("row", "–")))


def _examples(evidence: Evidence, kind: str) -> list[Table]:
    is_so = evidence.examples.get("kind") == kind
    return rows(evidence.examples.get("examples")) if is_so else []


def _pixels(told: Table, name: str) -> list[Pixels]:
    """The pictures under ``name``: one, or a list."""
    found = told.get(name)
    return [found] if isinstance(found, dict) else rows(found)


def _show(axes: Axes, pixels: Pixels, colours: str = "gray") -> None:
    picture: NDArray[Any] = array_of(pixels)
    if picture.shape[-1] == 1:
        picture = picture[..., 0]
    axes.imshow(picture, cmap=colours, vmin=0, vmax=255, interpolation="nearest")


def _answer(one: Table, lang: Language) -> str:
    probability = one.get("probability")
    sure = f" {probability:.0%}" if isinstance(probability, int | float) else ""
    answer = f"{one.get('predicted', '–')}{sure}"
    if one.get("is_right") is True:
        return answer
    return f"{answer}\n{text('report.is_truly', lang=lang, truth=one.get('true', '–'))}"


def _tone(one: Table) -> tuple[float, float, float]:
    """The colour of an answer."""
    return to_rgb("#cd5414" if one.get("is_right") is False else INK)


def _numbers(values: Sequence[Any] | None) -> list[float]:
    return [value if isinstance(value, int | float) else math.nan for value in values or ()]
