"""A learning-rate test in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jaram.messages import Language, text
from jaram.messages.width import table_lines
from jaram.searches.rate_plan import COUNT, SEEDS, STEPS

if TYPE_CHECKING:
    from jaram.searches.rate_test import RateTest

COLUMNS = 24
"""Width of the longest bar."""


def told(test: RateTest, lang: Language | None = None) -> str:
    """What was tried, a bar for each rate, and what is recommended."""
    rates, seeds = test.losses.shape
    lines = [
        text(
            "rate.told_tried",
            lang=lang,
            rates=rates,
            low=f"{test.rates[0]:.3g}",
            high=f"{test.rates[-1]:.3g}",
            seeds=seeds,
            steps=test.steps,
        ),
        *bars(test, lang),
    ]
    if test.is_cut:
        lines.append(text("rate.told_cut", lang=lang, count=COUNT, seeds=SEEDS, steps=STEPS))
    if test.beyond is not None:
        best = test.rates[0 if test.beyond == "low" else -1]
        key = "rate.told_too_high" if test.beyond == "low" else "rate.told_too_low"
        return "\n".join([*lines, text(key, lang=lang, rate=f"{best:.3g}")])
    lines.append(
        text(
            "rate.told_found",
            lang=lang,
            rate=f"{test.learning_rate:.3g}",
            low=f"{test.low:.3g}",
            high=f"{test.high:.3g}",
        )
    )
    for name, is_open in zip(("low", "high"), test.ends_open, strict=True):
        if is_open:
            lines.append(text(f"rate.told_open_{name}", lang=lang))
    return "\n".join(lines)


def bars(test: RateTest, lang: Language | None = None) -> list[str]:
    """Rate, loss, and how far it fell; a mark at the rate nearest to the recommended one."""
    nearest = int(np.abs(np.log(test.rates / test.learning_rate)).argmin())
    rows = []
    for place, (rate, losses, share) in enumerate(
        zip(test.rates, test.losses, test.shares, strict=True)
    ):
        finite = losses[np.isfinite(losses)]
        is_lost = 2 * finite.size < losses.size
        loss = text("rate.diverged", lang=lang) if is_lost else f"{finite.mean():.4g}"
        mark = "*" if place == nearest else " "
        rows.append([f"{mark} {rate:.3g}", loss, "#" * round(COLUMNS * min(1.0, share))])
    header = [text(f"rate.column_{name}", lang=lang) for name in ("rate", "loss", "fall")]
    return table_lines(header, rows)
