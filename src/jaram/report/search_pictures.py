"""The pictures of a search: matplotlib figures of what its page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from jaram.doctor.words import SHARES
from jaram.messages import Language, text
from jaram.report.axes import Axis
from jaram.report.palette import INK, LAYERS, QUIET, SCORES, TEST, VALID
from jaram.report.pictures import panels, style
from jaram.report.search_evidence import SearchEvidence

MOST_DOTS = 1500
RATES = colors.LinearSegmentedColormap.from_list("rates", LAYERS)
HEAT = colors.LinearSegmentedColormap.from_list("scores", SCORES)


def draw_search(evidence: SearchEvidence, lang: Language) -> Iterator[tuple[str, Figure]]:
    """Each picture that there is material for, with its name."""
    painters: dict[str, Callable[[SearchEvidence, Language], Figure | None]] = {
        "importance": importance,
        "curves": curves,
        "marginals": marginals,
        "pairs": pairs,
        "parallel": parallel,
    }
    for name, paint in painters.items():
        with style():
            figure = paint(evidence, lang)
        if figure is not None:
            yield name, figure


def importance(evidence: SearchEvidence, lang: Language) -> Figure | None:
    """The share of the variance that each dimension explains by itself, and pairs beyond that."""
    alone = [(row["path"], row, VALID) for row in evidence.shares]
    joint = [(f"{row['first']} × {row['second']}", row, TEST) for row in evidence.joint]
    bars = [bar for bar in alone + joint[:3] if np.isfinite(bar[1]["importance"])][::-1]
    if not bars:
        return None
    figure = Figure(figsize=(8, 1.4 + 0.34 * len(bars)))
    axes = figure.subplots()
    means = np.array([row["importance"] for _, row, _ in bars])
    ends = np.array([[row["low"], row["high"]] for _, row, _ in bars]).T
    errors = np.maximum(0, np.array([means - ends[0], ends[1] - means]))
    places = range(len(bars))
    axes.barh(
        places,
        means,
        xerr=errors,
        color=[colour for *_, colour in bars],
        ecolor=INK,
        height=0.7,
        error_kw={"lw": 1},
    )
    axes.set_yticks(places, [name for name, *_ in bars])
    axes.grid(False, axis="y")
    axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_title(text("study.mattered", lang=lang))
    return figure


def curves(evidence: SearchEvidence, lang: Language) -> Figure | None:
    """The score after each epoch of every trial, coloured by the learning rate."""
    known = evidence.curves[np.isfinite(evidence.curves)]
    if not len(known) or evidence.colour is None:
        return None
    count = len(evidence.curves)
    figure = Figure(figsize=(9, 5))
    axes = figure.subplots()
    lines = [
        np.column_stack([evidence.epochs[~np.isnan(row)], row[~np.isnan(row)]])
        for row in evidence.curves
    ]
    paint = RATES(np.nan_to_num(evidence.colour.places, nan=0.5))
    paint[:, 3] = np.clip(60 / count, 0.12, 0.85)
    width = 0.6 if count > 1000 else 1.0
    axes.add_collection(
        LineCollection(lines, colors=paint, linewidths=width, rasterized=count > 500),
        autolim=False,
    )
    winner = _winner(evidence)
    if winner is not None:
        for wide, colour in ((4.5, "white"), (2, INK)):
            axes.plot(*lines[winner].T, color=colour, lw=wide)
    low, high = np.quantile(known, 0.02), known.max()
    pad = 0.04 * (high - low) or 0.1
    axes.set_xlim(1, max(2, evidence.epochs[-1]))
    axes.set_ylim(low - pad, high + pad)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(text("report.epoch", lang=lang))
    key = "every_stage" if evidence.study.settings.is_one_training else "every_curve"
    axes.set_title(f"{text(f'study.{key}', lang=lang)} · {_score_name(evidence, lang)}")
    _as_score(axes, evidence)
    bar = figure.colorbar(ScalarMappable(cmap=RATES), ax=axes, pad=0.02, fraction=0.04)
    bar.set_ticks(
        [place for place, _ in evidence.colour.ticks],
        labels=[label for _, label in evidence.colour.ticks],
    )
    is_rate = evidence.colour.name == "learning_rate"
    bar.set_label(text("study.axis_learning_rate", lang=lang) if is_rate else evidence.colour.name)
    bar.outline.set_visible(False)
    return figure


def marginals(evidence: SearchEvidence, lang: Language) -> Figure | None:
    """The score against each dimension, with the mean that the forest expects."""
    if not evidence.marginals:
        return None
    figure, every = panels(len(evidence.marginals), (4.2, 2.9))
    low, high = _span(evidence)
    for axes, one in zip(every, evidence.marginals, strict=True):
        axis = evidence.axes[one.axis]
        _dots(axes, evidence, axis.places, np.clip(evidence.scores, low, high))
        if axis.is_choice:
            half = 0.36 / len(one.at)
            axes.hlines(one.mean, one.at - half, one.at + half, color=TEST, lw=2)
            axes.vlines(one.at, one.low, one.high, color=TEST, lw=2)
        else:
            axes.fill_between(one.at, one.low, one.high, color=TEST, alpha=0.2, lw=0)
            axes.plot(one.at, one.mean, color=TEST, lw=2)
        axes.set_ylim(low - 0.02 * (high - low), high + 0.02 * (high - low))
        axes.set_title(axis.name)
        _ticks(axes, axis)
        _as_score(axes, evidence)
    figure.suptitle(f"{text('study.marginals', lang=lang)} · {_score_name(evidence, lang)}")
    return figure


def pairs(evidence: SearchEvidence, lang: Language) -> Figure | None:
    """The score that the forest expects over two dimensions, with the trials on it."""
    if not evidence.pairs:
        return None
    figure, every = panels(len(evidence.pairs), (4.4, 3.8))
    norm = colors.Normalize(evidence.low, evidence.high)
    for axes, pair in zip(every, evidence.pairs, strict=True):
        across, up = evidence.axes[pair.first], evidence.axes[pair.second]
        axes.imshow(
            pair.surface.T, origin="lower", extent=(0, 1, 0, 1), aspect="auto", cmap=HEAT, norm=norm
        )
        _dots(axes, evidence, across.places, up.places)
        _ticks(axes, across)
        axes.set_yticks([place for place, _ in up.ticks], [label for _, label in up.ticks])
        axes.set_ylim(0, 1)
        axes.set_xlabel(across.name)
        axes.set_ylabel(up.name)
        share = f"{pair.interaction:.0%}"
        axes.set_title(text("study.only_together", lang=lang, share=share), fontsize=10)
    bar = figure.colorbar(ScalarMappable(norm, HEAT), ax=every, fraction=0.03, pad=0.02)
    bar.set_label(_score_name(evidence, lang))
    bar.outline.set_visible(False)
    return figure


def parallel(evidence: SearchEvidence, lang: Language) -> Figure | None:
    """Each trial as a line across all dimensions to its score."""
    if len(evidence.axes) < 2 or evidence.study.settings.is_one_training:
        return None
    low, high = _span(evidence)
    scores = np.clip((evidence.scores - low) / (high - low), 0, 1)
    columns = np.column_stack([*(axis.places for axis in evidence.axes), scores])
    count, last = len(columns), len(evidence.axes)
    order = np.argsort(evidence.scores)
    lines = [
        np.column_stack([np.flatnonzero(~np.isnan(row)), row[~np.isnan(row)]])
        for row in columns[order]
    ]
    norm = colors.Normalize(evidence.low, evidence.high)
    paint = HEAT(norm(evidence.scores[order]))
    paint[:, 3] = np.clip(100 / count, 0.1, 0.75)
    figure = Figure(figsize=(max(8.0, 1.4 * (last + 1)), 4.6))
    axes = figure.subplots()
    axes.add_collection(
        LineCollection(lines, colors=paint, linewidths=0.8, rasterized=count > 500), autolim=False
    )
    winner = _winner(evidence)
    if winner is not None:
        row = columns[winner]
        places = np.flatnonzero(~np.isnan(row))
        for wide, colour in ((4.5, "white"), (2, INK)):
            axes.plot(places, row[places], color=colour, lw=wide)
    score_ticks = [
        (float((v - low) / (high - low)), v) for v in MaxNLocator(5).tick_values(low, high)
    ]
    named = [
        *((axis.name, axis.ticks) for axis in evidence.axes),
        (
            _score_name(evidence, lang),
            tuple((at, _score(evidence, v)) for at, v in score_ticks if 0 <= at <= 1),
        ),
    ]
    for place, (_, ticks) in enumerate(named):
        axes.axvline(place, color=QUIET, lw=1)
        for at, label in ticks:
            axes.text(place + 0.04, at, label, fontsize=8, va="center", color=INK, bbox=_PAPER)
    axes.set_xlim(-0.1, last + 0.45)
    axes.set_ylim(-0.02, 1.02)
    names = [
        name.replace("|", "|\n").replace(" (", "\n(").replace("].", "].\n") for name, _ in named
    ]
    axes.set_xticks(range(last + 1), names)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


_PAPER: dict[str, Any] = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.8}


def _winner(evidence: SearchEvidence) -> int | None:
    winner = evidence.study.winner
    return None if winner is None else evidence.study.trials.index(winner)


def _span(evidence: SearchEvidence) -> tuple[float, float]:
    pad = 0.06 * (evidence.high - evidence.low)
    return evidence.low - pad, evidence.high + pad


def _dots(
    axes: Axes, evidence: SearchEvidence, x: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    """Trials as dots coloured by score, evenly out of many; the winner ringed."""
    each = max(1, -(-len(x) // MOST_DOTS))
    axes.scatter(
        x[::each],
        y[::each],
        c=evidence.scores[::each],
        cmap=HEAT,
        vmin=evidence.low,
        vmax=evidence.high,
        s=14 if len(x) > 300 else 24,
        edgecolors="white",
        linewidths=0.5,
        rasterized=len(x) > 500,
    )
    winner = _winner(evidence)
    if winner is not None:
        axes.scatter(x[winner], y[winner], s=60, facecolors=INK, edgecolors=TEST, linewidths=2)


def _ticks(axes: Axes, axis: Axis) -> None:
    axes.set_xticks([place for place, _ in axis.ticks], [label for _, label in axis.ticks])
    axes.set_xlim(0 if axis.is_choice else -0.02, 1 if axis.is_choice else 1.02)


def _as_score(axes: Axes, evidence: SearchEvidence) -> None:
    if evidence.study.settings.metric in SHARES:
        axes.yaxis.set_major_formatter(PercentFormatter(1))


def _score(evidence: SearchEvidence, value: float) -> str:
    return f"{value:.0%}" if evidence.study.settings.metric in SHARES else f"{value:g}"


def _score_name(evidence: SearchEvidence, lang: Language) -> str:
    settings = evidence.study.settings
    part = text(f"report.part_{settings.part}", lang=lang)
    return f"{text(f'report.metric_{settings.metric}', lang=lang)} ({part})"
