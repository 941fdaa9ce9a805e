"""The pictures of growing data and network, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from jaram.growth.outcome import Growth
from jaram.messages import Language, text
from jaram.report.palette import INK, QUIET, TRAIN, VALID, layer_colours
from jaram.report.pictures import style

BEYOND = 4.0
"""Laws are drawn on to so many times the rows."""
SHOWN_BASELINES = ("constant", "linear", "neighbours", "trees")


def draw_growth(growth: Growth, lang: Language) -> Iterator[tuple[str, Figure]]:
    """Each picture with its name."""
    painters: dict[str, Callable[[Growth, Language], Figure]] = {
        "error_by_rows": error_by_rows,
        "curves_by_rows": curves_by_rows,
        "bias_and_variance": bias_and_variance,
    }
    for name, paint in painters.items():
        with style():
            figure = paint(growth, lang)
        yield name, figure


def error_by_rows(growth: Growth, lang: Language) -> Figure:
    """The error of every training by its rows, the law of each size, simple models."""
    figure = Figure(figsize=(9, 5.6))
    axes = figure.subplots()
    rows = growth.row_counts.astype(np.float64)
    along = np.geomspace(rows[0], rows[-1] * BEYOND, 100)
    sound = np.where(growth.is_sound, growth.scores, np.nan)
    for size, law, scores, colour in zip(
        growth.sizes, growth.laws, sound, layer_colours(len(growth.sizes)), strict=True
    ):
        label = text(
            "scale.units_times", lang=lang, factor=f"{size.factor:g}", weights=f"{size.weights:,}"
        )
        for errors in 1 - scores:
            axes.plot(rows, errors, "o", color=colour, ms=3.5, alpha=0.45, mew=0)
        if law is None:
            axes.plot(rows, mean_of(1 - scores), color=colour, lw=2, label=label)
            continue
        within = along <= rows[-1]
        axes.plot(along[within], law.at(along[within]), color=colour, lw=2, label=label)
        axes.plot(along[~within], law.at(along[~within]), ":", color=colour, lw=2)
        low, high = law.band(along)
        if np.isfinite(low).all():
            axes.fill_between(along, np.maximum(low, 1e-6), high, color=colour, alpha=0.13, lw=0)
    _baselines(axes, growth, lang, along[-1])
    axes.axvline(growth.rows, color=QUIET, lw=1, ls=(0, (1, 3)))
    _by_rows(axes, growth, lang)
    axes.set_title(text("scale.error_by_rows", lang=lang))
    _diverged(axes, growth, lang)
    axes.legend(loc="lower left")
    return figure


def _diverged(axes: Axes, growth: Growth, lang: Language) -> None:
    """A cross at the upper edge for every training that diverged, which has no error to show."""
    if not growth.diverged:
        return
    rows = [one.rows for one in growth.points if one.is_diverged]
    axes.plot(
        rows,
        np.ones(len(rows)),
        "x",
        color=INK,
        ms=6,
        clip_on=False,
        transform=axes.get_xaxis_transform(),
        label=text("scale.diverged_left_out", lang=lang, count=growth.diverged),
    )


def mean_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the first axis of what is not NaN; NaN where nothing is."""
    count = (~np.isnan(values)).sum(axis=0)
    total = np.nansum(values, axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _baselines(axes: Axes, growth: Growth, lang: Language, end: float) -> None:
    for one in growth.baselines:
        error = 1 - one.score
        if one.name not in SHOWN_BASELINES or error <= 0:
            continue
        axes.axhline(error, color=QUIET, lw=1, ls="--")
        axes.annotate(
            text(f"scale.model_{one.name}", lang=lang),
            (end, error),
            (0, 2),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
            color=INK,
        )


def curves_by_rows(growth: Growth, lang: Language) -> Figure:
    """The validation error after each epoch, for each number of rows."""
    figure = Figure(figsize=(9, 5))
    axes = figure.subplots()
    colours = layer_colours(len(growth.shares))
    for share, rows, colour in zip(growth.shares, growth.row_counts, colours, strict=True):
        errors = 1 - mean_curve(growth, share)
        axes.plot(range(1, len(errors) + 1), errors, color=colour, lw=2, label=f"{rows:,}")
    axes.legend(title=text("scale.training_rows", lang=lang))
    axes.set_xlabel(text("report.epoch", lang=lang))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(_error_name(growth, lang))
    axes.set_title(text("scale.curves_by_rows", lang=lang))
    return figure


def mean_curve(growth: Growth, share: float) -> NDArray[np.float64]:
    """The validation score after each epoch, the mean over the seeds that did not diverge."""
    told = [
        one.curve
        for one in growth.points
        if one.size == growth.asked and one.share == share and not one.is_diverged
    ]
    curves = np.full((len(told), max(map(len, told), default=0)), np.nan)
    for row, curve in zip(curves, told, strict=True):
        row[: len(curve)] = curve
        row[len(curve) :] = curve[-1] if curve else np.nan  # one that stopped stays where it was
    return mean_of(curves)


def bias_and_variance(growth: Growth, lang: Language) -> Figure:
    """Training and validation error by rows."""
    figure = Figure(figsize=(9, 5))
    axes = figure.subplots()
    rows = growth.row_counts.astype(np.float64)
    is_sound = growth.is_sound[growth.asked]
    train, valid = (
        mean_of(1 - np.where(is_sound, scores[growth.asked], np.nan))
        for scores in (growth.train_scores, growth.scores)
    )
    axes.fill_between(rows, train, valid, color=VALID, alpha=0.1, lw=0)
    for errors, colour, name in ((valid, VALID, "on_validation"), (train, TRAIN, "on_training")):
        axes.plot(rows, errors, "o-", color=colour, lw=2, label=text(f"scale.{name}", lang=lang))
    _by_rows(axes, growth, lang)
    axes.set_yscale("linear")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_title(text("scale.bias_and_variance", lang=lang))
    axes.legend()
    return figure


def _by_rows(axes: Axes, growth: Growth, lang: Language) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    rows = [int(count) for count in growth.row_counts]
    axes.set_xticks(rows, [f"{count:,}" for count in rows])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=9))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(text("scale.training_rows", lang=lang))
    axes.set_ylabel(_error_name(growth, lang))


def _error_name(growth: Growth, lang: Language) -> str:
    metric = text(f"report.metric_{growth.metric}", lang=lang)
    return text("scale.error_of", lang=lang, metric=metric)
