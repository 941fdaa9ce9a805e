"""A study in words."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from jaram.messages import Language, text

if TYPE_CHECKING:
    from jaram.searches.study import Study

MATTERS = 0.01
"""A dimension that explains less of the variance is not told of."""


def told(study: Study, lang: Language | None = None) -> str:
    """What was searched, what is best, how good it is, how lucky it was, and what mattered."""
    settings = study.settings
    lines = [
        text(
            "search.told_searched",
            lang=lang,
            trials=len(study.trials),
            dimensions=len(study.space.dimensions),
            strategy=settings.strategy,
        )
    ]
    for status in ("dropped", "diverged", "cut"):
        count = sum(trial.status == status for trial in study.trials)
        if count and not (status == "dropped" and settings.strategy == "panda"):
            lines.append(text(f"search.told_{status}", lang=lang, count=count))
    cost = study.compilations
    if cost is not None and cost.programs:
        lines.append(
            text(
                "search.told_compilations",
                lang=lang,
                structures=cost.structures,
                programs=cost.programs,
                seconds=f"{cost.seconds:.1f}",
            )
        )
    if settings.strategy == "panda":
        lines += _decisions(study, lang)
    if settings.strategy == "grid":
        lines.append(text("search.told_grid", lang=lang))
    if study.winner is None or study.confirmed is None:
        return "\n".join([*lines, text("search.told_no_winner", lang=lang)])
    lines.append(text("search.told_best", lang=lang, trial=study.winner.number))
    lines += _schedule(study, lang)
    found = study.interval
    lines.append(
        text(
            "search.told_score",
            lang=lang,
            metric=settings.metric,
            score=shown(found.mean),
            low=shown(found.low),
            high=shown(found.high),
            seeds=found.seeds,
        )
    )
    chosen, optimism = shown(study.confirmed.chosen), study.confirmed.optimism
    if optimism > 0:
        luck = text("search.told_optimism", lang=lang, chosen=chosen, optimism=shown(optimism))
    else:
        luck = text("search.told_no_optimism", lang=lang, chosen=chosen)
    lines.append(luck)
    ties = tied(study)
    if ties:
        lines.append(text("search.told_ties", lang=lang, count=ties, rows=settings.rows))
    return "\n".join([*lines, *_importance(study, lang)])


def _schedule(study: Study, lang: Language | None) -> list[str]:
    """The winner's values; with the epochs that each had where they changed on the way."""
    stretches = study.schedule
    epochs = study.space.recipe.epochs if isinstance(study.space.recipe.epochs, int) else None
    lines = []
    for path in study.values:
        course = [shown(stretch.values[path]) for stretch in stretches]
        lines.append(f"  {path} = {' → '.join(key for key, _ in groupby(course))}")
    if len(stretches) > 1:
        ends = [
            f"{one.until:.0%}" if epochs is None else str(math.ceil(one.until * epochs))
            for one in stretches[:-1]
        ]
        lines.append(text("search.told_schedule", lang=lang, ends=", ".join(ends)))
    return lines


def _decisions(study: Study, lang: Language | None) -> list[str]:
    """What was seen of the curve and done about it, a line each time that something was done."""
    from jaram.searches.strategies.panda import PANDA

    records = study.records or study.trials
    lines = []
    for place, decision in enumerate(PANDA.log(study.space, records)):
        old, new = records[place].values, study.space.at(np.array(decision.point)).values
        changes = [
            f"{path} {shown(old[path])} → {shown(value)}"
            for path, value in new.items()
            if old.get(path) != value
        ]
        if not changes and not decision.goes_back:
            continue
        losses = (decision.before or (math.nan,) * 2, decision.now or (math.nan,) * 2)
        seen = text(
            f"search.panda_{decision.seen}",
            lang=lang,
            before=shown(losses[0][0]),
            now=shown(losses[1][0]),
            valid_before=shown(losses[0][1]),
            valid=shown(losses[1][1]),
        )
        epoch = text("search.panda_epoch", lang=lang, epoch=decision.epoch)
        lines.append(f"  {epoch}: {seen} {', '.join(changes)}".rstrip())
    return [text("search.panda_log", lang=lang), *lines] if lines else []


def tied(study: Study) -> int:
    """How many other trials are within one standard error of the winner's score, which is a share
    of so many rows; 0 where it is no share."""
    rows, winner = study.settings.rows, study.winner
    if rows is None or winner is None:
        return 0
    error = max(1.0, math.sqrt(rows * winner.score * (1 - winner.score))) / rows
    return sum(
        trial.score >= winner.score - error
        for trial in study.trials
        if trial is not winner and trial.rung == winner.rung
    )


def _importance(study: Study, lang: Language | None) -> list[str]:
    rows = [row for row in study.importance().iter_rows(named=True) if row["importance"] >= MATTERS]
    if not rows:
        return [text("search.told_nothing_mattered", lang=lang)]
    return [
        text("search.told_mattered", lang=lang),
        *(
            f"  {row['path']}: {row['importance']:.0%} ({row['low']:.0%}–{row['high']:.0%})"
            for row in rows
        ),
    ]


def shown(value: Any) -> str:
    """A drawn value or a score with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
