"""A study in words."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

import numpy as np

from jaram.messages import Language, text
from jaram.searches.study import Study, finalists

MATTERS = 0.01
"""A dimension that explains less of the variance is not told of."""


def told(study: Study, lang: Language | None = None) -> str:
    """What was searched, what is best, how good it is, how lucky it was, and what mattered."""
    if study.winner is None or study.confirmed is None:
        return "\n".join(sentences(study, lang))
    values = [f"  {path} = {course}" for path, course in courses(study)]
    lines = [*_searched(study, lang), *_best(study, lang), *values, *_schedule(study, lang)]
    return "\n".join([*lines, *_judged(study, lang), *_importance(study, lang)])


def sentences(study: Study, lang: Language | None = None) -> list[str]:
    """What :func:`told` says, without the values and what mattered: a page draws these. Lines that
    begin with a space belong to the one above."""
    lines = _searched(study, lang)
    if study.winner is None or study.confirmed is None:
        return [*lines, text("search.told_no_winner", lang=lang)]
    lines += [*_best(study, lang), *_schedule(study, lang), *_judged(study, lang)]
    heading, *listed = _importance(study, lang) or [""]
    return [*lines, heading] if heading and not listed else lines


def courses(study: Study) -> list[tuple[str, str]]:
    """The winner's values by path; each on its way where it changed while it trained."""
    found = []
    for path in study.values:
        course = [shown(stretch.values[path]) for stretch in study.schedule]
        found.append((path, " → ".join(value for value, _ in groupby(course))))
    return found


def _searched(study: Study, lang: Language | None) -> list[str]:
    """What was searched and what it took."""
    settings = study.settings
    is_one = settings.is_one_training
    lines = [
        text(
            "search.told_stages" if is_one else "search.told_searched",
            lang=lang,
            trials=len(study.trials),
            dimensions=len(study.space.dimensions),
            strategy=settings.strategy,
        )
    ]
    for status in ("cut",) if is_one else ("dropped", "diverged", "cut"):
        count = sum(trial.status == status for trial in study.trials)
        if count:
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
    if is_one:
        lines += _decisions(study, lang)
    if settings.strategy == "grid":
        lines.append(text("search.told_grid", lang=lang))
    return lines


def _best(study: Study, lang: Language | None) -> list[str]:
    assert study.winner is not None
    key = "search.told_last_stage" if study.settings.is_one_training else "search.told_best"
    return [text(key, lang=lang, trial=study.winner.number)]


def _schedule(study: Study, lang: Language | None) -> list[str]:
    """When the winner's values changed, if they did."""
    stretches = study.schedule
    epochs = study.space.recipe.epochs if isinstance(study.space.recipe.epochs, int) else None
    if len(stretches) < 2:
        return []
    ends = [
        f"{one.until:.0%}" if epochs is None else str(math.ceil(one.until * epochs))
        for one in stretches[:-1]
    ]
    return [text("search.told_schedule", lang=lang, ends=", ".join(ends))]


def _judged(study: Study, lang: Language | None) -> list[str]:
    """How good the winner is from fresh seeds, how lucky it was, and how many are as good."""
    assert study.confirmed is not None
    found = study.interval
    lines = [
        text(
            "search.told_score",
            lang=lang,
            metric=study.settings.metric,
            score=_score(study, found.mean),
            low=_score(study, found.low),
            high=_score(study, found.high),
            seeds=found.seeds,
        )
    ]
    if is_floor(study):
        values = {"metric": study.settings.metric, "worst": shown(study.settings.worst)}
        return [*lines, text("search.told_floor", lang=lang, **values)]
    chosen, optimism = _score(study, study.confirmed.chosen), study.confirmed.optimism
    if study.settings.is_one_training:
        return [*lines, text("search.told_first_seed", lang=lang, chosen=chosen)]
    if optimism > 0:
        luck = text("search.told_optimism", lang=lang, chosen=chosen, optimism=shown(optimism))
    else:
        luck = text("search.told_no_optimism", lang=lang, chosen=chosen)
    lines.append(luck)
    ties = tied(study)
    if ties:
        lines.append(text("search.told_ties", lang=lang, count=ties, rows=study.settings.rows))
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


def is_floor(study: Study) -> bool:
    """Whether even the winner has the lowest score that counts, of a score that may be lower."""
    winner, settings = study.winner, study.settings
    return winner is not None and settings.rows is None and winner.score <= settings.worst


def _score(study: Study, value: float) -> str:
    """A score; with ≤ where it is the lowest that counts and may be lower."""
    is_cut = study.settings.rows is None and value <= study.settings.worst
    return f"≤ {shown(value)}" if is_cut else shown(value)


def tied(study: Study) -> int:
    """How many other trials are within one standard error of the winner's score, which is a share
    of so many rows; 0 where it is no share."""
    rows, winner = study.settings.rows, study.winner
    if rows is None or winner is None:
        return 0
    error = max(1.0, math.sqrt(rows * winner.score * (1 - winner.score))) / rows
    return sum(
        trial.score >= winner.score - error
        for trial in finalists(study.trials)
        if trial is not winner
    )


def _importance(study: Study, lang: Language | None) -> list[str]:
    if study.settings.is_one_training:
        return []  # one training has nothing to compare
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
