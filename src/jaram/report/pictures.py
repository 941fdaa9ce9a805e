"""The pictures of a run: matplotlib figures of what the page shows.

Figures are made by themselves, without pyplot, so that no window system and no global state is
touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
)

from jaram.messages import Language, text
from jaram.report import example_pictures, fonts
from jaram.report.evidence import Evidence, Series, rows, table
from jaram.report.network_picture import draw_network
from jaram.report.palette import INK, QUIET, TEST, TRAIN, VALID, layer_colours
from jaram.report.through_time import arrange_through_time
from jaram.report.vitals import SHARES, arrange

PARTS = {"train": (TRAIN, "--"), "valid": (VALID, "-"), "test": (TEST, "-")}
MOST_CLASSES = 30
MOST_BARS = 25


def style() -> AbstractContextManager[None]:
    """The settings that figures are made and saved under."""
    fonts.make_known()
    return mpl.rc_context(
        {
            "font.family": list(fonts.FAMILIES),
            "text.parse_math": False,  # a column may be called "$x$"
            "text.color": INK,
            "axes.labelcolor": QUIET,
            "axes.edgecolor": "#c9ced4",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "grid.color": "#eceef0",
            "xtick.color": QUIET,
            "ytick.color": QUIET,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.frameon": False,
            "legend.fontsize": 9,
            "figure.constrained_layout.use": True,
            "figure.dpi": 150,
            "savefig.dpi": 150,
        }
    )


def draw_all(evidence: Evidence, lang: Language) -> Iterator[tuple[str, Figure]]:
    """Each picture that the run has material for, with its name."""
    painters: dict[str, Callable[[Evidence, Language], Figure | None]] = {
        "loss": loss,
        "metrics": metrics,
        "vitals": vitals,
        "through_time": through_time,
        "confusion": confusion,
        "residuals": residuals,
        "calibration": calibration,
        "importance": importance,
        "augmented": example_pictures.augmented,
        "pictures_seen": example_pictures.pictures_seen,
        "filters": example_pictures.filters,
        "words_that_mattered": example_pictures.words_that_mattered,
        "series_seen": example_pictures.series_seen,
        "forecast": example_pictures.forecast,
        "network": network,
    }
    for name, paint in painters.items():
        with style():
            figure = paint(evidence, lang)
        if figure is not None:
            yield name, figure


def loss(evidence: Evidence, lang: Language) -> Figure | None:
    """Training and validation loss by epoch."""
    return _curves(evidence, ["loss"], lang, (8, 4.5))


def metrics(evidence: Evidence, lang: Language) -> Figure | None:
    """Every other measure by epoch, one panel each."""
    names = dict.fromkeys(name.split("/")[1] for name in evidence.history if "/" in name)
    return _curves(evidence, [name for name in names if name != "loss"], lang, (4.6, 3.2))


def _curves(
    evidence: Evidence, names: Sequence[str], lang: Language, panel: tuple[float, float]
) -> Figure | None:
    history = evidence.history
    shown = [name for name in names if any(f"{part}/{name}" in history for part in PARTS)]
    if not shown or not evidence.epochs:
        return None
    figure, every = panels(len(shown), panel)
    for axes, name in zip(every, shown, strict=True):
        for part, (colour, dash) in PARTS.items():
            if f"{part}/{name}" in history:
                values = _plottable(history[f"{part}/{name}"])
                axes.plot(
                    _plottable(history["epoch"]),
                    values,
                    dash,
                    color=colour,
                    marker="o" if len(values) < 3 else None,
                    label=text(f"report.part_{part}", lang=lang),
                )
        axes.set_title(_metric(name, lang))
        _mark_epochs(axes, evidence, lang)
        axes.legend()
    return figure


def vitals(evidence: Evidence, lang: Language) -> Figure | None:
    """The vital signs by layer and epoch, one panel each."""
    found = arrange(evidence.vitals)
    if not found.signs:
        return None
    figure, every = panels(len(found.signs), (4.6, 3.0))
    count = max(*found.numbers, len(rows(evidence.run.get("layers"))), 1)
    colours = layer_colours(count)
    for axes, (sign, curves) in zip(every, found.signs.items(), strict=True):
        for number, name, curve in zip(found.numbers, found.layers, curves, strict=True):
            values = _plottable(curve)
            marker = "o" if len(values) < 3 else None
            label = f"{number} {name}"
            axes.plot(found.epochs, values, color=colours[number - 1], label=label, marker=marker)
        axes.set_title(text(f"report.sign_{sign}", lang=lang))
        known = [value for curve in curves for value in curve if value is not None]
        if sign in SHARES:
            axes.set_ylim(-0.02, 1.02)
            axes.yaxis.set_major_formatter(PercentFormatter(1, 0))
        elif sign != "activation_mean" and any(value > 0 for value in known):
            _logarithmic(axes)
        _mark_epochs(axes, evidence, lang)
    handles, labels = every[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=min(len(labels), 4))
    return figure


def through_time(evidence: Evidence, lang: Language) -> Figure | None:
    """How much the loss hears of each step that a recurrent layer reads, one panel each."""
    found = arrange_through_time(evidence.through_time)
    if not found:
        return None
    figure, every = panels(len(found), (7, 4.2))
    for axes, one in zip(every, found, strict=True):
        for name, colour, dash in (("first", TRAIN, "--"), ("best", VALID, "-")):
            label = text(f"report.through_time_{name}", lang=lang)
            axes.plot(one.steps, _plottable(getattr(one, name)), dash, color=colour, label=label)
        _logarithmic(axes)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(text("report.steps_back", lang=lang))
        axes.set_title(f"{one.number} {one.name}")
        axes.legend()
    figure.suptitle(text("report.through_time", lang=lang), x=0.01, ha="left")
    return figure


def confusion(evidence: Evidence, lang: Language) -> Figure | None:
    """Counts of true class against answer, coloured by the share of the true class."""
    found = table(evidence.results.get("confusion"))
    matrix, names = found.get("matrix"), [str(name) for name in found.get("classes") or ()]
    if not matrix or len(matrix) > MOST_CLASSES:
        return None
    size = len(matrix)
    names = names or [str(index) for index in range(size)]
    shares = [[count / (sum(line) or 1) for count in line] for line in matrix]
    side = 2.4 + 0.46 * size
    figure = Figure(figsize=(side + 0.6, side))
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
    for truth, line in enumerate(matrix):
        for answer, count in enumerate(line):
            if count:
                colour = "white" if shares[truth][answer] > 0.6 else INK
                axes.text(answer, truth, f"{count:,}", ha="center", va="center", color=colour)
    steep = size > 4 and max(map(len, names)) > 3
    axes.set_xticks(
        range(size), names, rotation=60 if steep else 0, ha="right" if steep else "center"
    )
    axes.set_yticks(range(size), names)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(text("report.predicted_class", lang=lang))
    axes.set_ylabel(text("report.true_class", lang=lang))
    axes.set_title(text("report.confusion", lang=lang))
    return figure


def residuals(evidence: Evidence, lang: Language) -> Figure | None:
    """Predicted against true values, one panel for each target."""
    found = table(evidence.results.get("residuals"))
    pairs = list(zip(found.get("true") or (), found.get("predicted") or (), strict=False))
    if not pairs:
        return None
    if not isinstance(pairs[0][0], list):
        pairs = [([true], [predicted]) for true, predicted in pairs]
    targets = evidence.task.get("target_names") or []
    figure, every = panels(len(pairs[0][0]), (5, 4.8))
    for index, axes in enumerate(every):
        true = _plottable([pair[0][index] for pair in pairs])
        predicted = _plottable([pair[1][index] for pair in pairs])
        axes.scatter(true, predicted, s=16, alpha=0.5, color=VALID, linewidths=0)
        known = [value for value in true if math.isfinite(value)] or [0.0, 1.0]
        axes.plot([min(known), max(known)], [min(known), max(known)], "--", color=QUIET, lw=1)
        named = len(every) > 1 and index < len(targets)
        axes.set_title(str(targets[index]) if named else text("report.residuals", lang=lang))
        axes.set_xlabel(text("report.true_value", lang=lang))
        axes.set_ylabel(text("report.predicted_value", lang=lang))
    return figure


def calibration(evidence: Evidence, lang: Language) -> Figure | None:
    """How often answers of each probability came true; discs grow with the number of examples."""
    bins = [bin_ for bin_ in rows(evidence.results.get("calibration")) if _is_drawn(bin_)]
    if not bins:
        return None
    bins.sort(key=lambda bin_: bin_["probability"])
    most = max(bin_.get("count") or 1 for bin_ in bins)
    figure = Figure(figsize=(5.4, 5))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], "--", color=QUIET, lw=1)
    at = [bin_["probability"] for bin_ in bins]
    shares = [bin_["share"] for bin_ in bins]
    axes.plot(at, shares, color=VALID, lw=1.4)
    areas = [20 + 220 * (bin_.get("count") or 1) / most for bin_ in bins]
    axes.scatter(at, shares, s=areas, color=VALID, alpha=0.8, linewidths=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_xlabel(text("report.probability", lang=lang))
    axes.set_ylabel(text("report.share_right", lang=lang))
    axes.set_title(text("report.calibration", lang=lang))
    return figure


def _is_drawn(bin_: dict[str, Any]) -> bool:
    return all(isinstance(bin_.get(key), int | float) for key in ("probability", "share"))


def importance(evidence: Evidence, lang: Language) -> Figure | None:
    """How much worse the network gets without each column."""
    columns = rows(evidence.evaluation.get("importance"))
    columns = [column for column in columns if isinstance(column.get("drop"), int | float)]
    if not columns:
        return None
    columns = sorted(columns, key=lambda column: float(column["drop"]))[-MOST_BARS:]
    figure = Figure(figsize=(8, 1.4 + 0.32 * len(columns)))
    axes = figure.subplots()
    names = [str(column.get("column")) for column in columns]
    drops = [column["drop"] for column in columns]
    spreads = [column.get("std") or 0 for column in columns]
    places = range(len(columns))
    axes.barh(places, drops, xerr=spreads, color=VALID, ecolor=INK, height=0.7, error_kw={"lw": 1})
    axes.set_yticks(places, names)
    axes.grid(False, axis="y")
    axes.axvline(0, color=QUIET, lw=1)
    metric = evidence.evaluation.get("importance_metric")
    axes.set_xlabel(_metric(str(metric), lang) if metric else "")
    axes.set_title(text("report.importance", lang=lang))
    return figure


def network(evidence: Evidence, lang: Language) -> Figure | None:
    """The layers, taller where there are more units."""
    layers = rows(evidence.run.get("layers"))
    return draw_network(layers, lang) if layers else None


def panels(count: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """A figure with ``count`` panels, at most three in a row, each ``size`` inches."""
    across = count if count < 4 else (2 if count == 4 else 3)
    down = -(-count // across)
    figure = Figure(figsize=(size[0] * across, size[1] * down))
    every = figure.subplots(down, across, squeeze=False).ravel()
    for unused in every[count:]:
        unused.set_visible(False)
    return figure, list(every[:count])


def _mark_epochs(axes: Axes, evidence: Evidence, lang: Language) -> None:
    axes.set_xlabel(text("report.epoch", lang=lang))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    best = evidence.best_epoch
    if best is not None:
        axes.axvline(best, color=QUIET, lw=1, ls=":")


def _logarithmic(axes: Axes) -> None:
    axes.set_yscale("log", nonpositive="mask")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _plottable(values: Series) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _metric(name: str, lang: Language) -> str:
    try:
        return text(f"report.metric_{name}", lang=lang)
    except KeyError:  # a metric of somebody's own
        return name
