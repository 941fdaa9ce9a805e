"""The picture of a learning-rate test: loss against rate, and the interval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from jaram.errors import RunError
from jaram.messages import Language, language, text
from jaram.report.palette import QUIET, TEST, VALID
from jaram.report.pictures import style

if TYPE_CHECKING:
    from jaram.searches.rate_test import RateTest


def write_png(test: RateTest, path: Path, lang: Language | None = None) -> Path:
    """Draw the test into ``path``; raises RunError if it can't be written."""
    with style():
        figure = draw(test, lang or language())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, format="png")
        except OSError as error:
            raise RunError("report.unwritable", path=path, detail=error.strerror or error) from None
    return path


def draw(test: RateTest, lang: Language) -> Figure:
    """A dot for each training, the mean of each rate, the recommendation with its interval."""
    figure = Figure(figsize=(8, 4.5))
    axes = figure.subplots()
    top = float(test.start.max()) * 1.1
    drawn = np.where(np.isfinite(test.losses), np.minimum(test.losses, top), top)
    rates = np.repeat(test.rates[:, None], test.losses.shape[1], axis=1)
    diverged = ~np.isfinite(test.losses)
    axes.plot(rates[~diverged], drawn[~diverged], ".", color=VALID, alpha=0.3, ms=4)
    axes.plot(
        rates[diverged],
        drawn[diverged],
        "x",
        color=TEST,
        ms=5,
        label=text("rate.picture_diverged", lang=lang) if diverged.any() else None,
    )
    learned = ~diverged.any(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.where(learned, np.minimum(test.losses.mean(axis=1), top), np.nan)
    axes.plot(test.rates, mean, color=VALID, label=text("rate.picture_mean", lang=lang))
    before = text("rate.picture_start", lang=lang)
    axes.axhline(test.start.mean(), color=QUIET, lw=1, ls=":", label=before)
    rate, low, high = (f"{one:.3g}" for one in (test.learning_rate, test.low, test.high))
    if test.beyond is None:
        axes.axvspan(test.low, test.high, color=TEST, alpha=0.18, lw=0)
        label = text("rate.picture_found", lang=lang, rate=rate, low=low, high=high)
    else:
        label = text("rate.picture_best", lang=lang, rate=rate)
    axes.axvline(test.learning_rate, color=TEST, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
    axes.set_ylim(bottom=0, top=top * 1.04)
    axes.set_xlabel(text("rate.picture_rate", lang=lang))
    axes.set_title(text("rate.picture_title", lang=lang, steps=test.steps))
    axes.legend(loc="lower left")
    return figure
