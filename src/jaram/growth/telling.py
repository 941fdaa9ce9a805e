"""The outcome of growing data and network in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jaram.growth.power_law import FEWEST
from jaram.messages import Language, text

if TYPE_CHECKING:
    from jaram.growth.outcome import Growth


def told(growth: Growth, lang: Language | None = None) -> str:
    """What was trained; what more data and a larger network would bring; bias and variance; how
    simple models do."""
    return "\n".join(
        [
            _trained(growth, lang),
            *_diverged(growth, lang),
            *_of_data(growth, lang),
            *_of_size(growth, lang),
            *_bias_and_variance(growth, lang),
            *_of_baselines(growth, lang),
        ]
    )


def _trained(growth: Growth, lang: Language | None) -> str:
    return text(
        "scale.told_trained",
        lang=lang,
        trainings=len(growth.points),
        shares=len(growth.shares),
        sizes=len(growth.sizes),
        seeds=growth.seeds,
        rows=int(growth.row_counts[0]),
        all_rows=growth.rows,
    )


def _diverged(growth: Growth, lang: Language | None) -> list[str]:
    if not growth.diverged:
        return []
    key = "all_diverged" if growth.diverged == len(growth.points) else "diverged"
    values = {"count": growth.diverged, "trainings": len(growth.points)}
    return [text(f"scale.told_{key}", lang=lang, **values)]


def _of_data(growth: Growth, lang: Language | None) -> list[str]:
    law, gain = growth.laws[growth.asked], growth.from_data()
    if law is None or gain is None:
        is_short = len(growth.shares) < FEWEST
        return [text(f"scale.told_{'no_law' if is_short else 'lost_law'}", lang=lang)]
    mean, low, high = gain
    sure = law.exponents.size > 0  # from two seeds on
    lines = [
        text("scale.told_flat", lang=lang, error=_share(law.floor))
        if not law.slope
        else text(
            "scale.told_law",
            lang=lang,
            floor=_share(law.floor),
            slope=_share(law.slope),
            rows=growth.rows,
            exponent=f"{law.exponent:.2f}",
            low=_number(law.exponent_interval[0]),
            high=_number(law.exponent_interval[1]),
        )
    ]
    if law.slope and law.is_at_bound:
        lines.append(text("scale.told_bound", lang=lang, exponent=f"{law.exponent:.2f}"))
    key = "scale.told_data_unknown"
    if growth.data_is_worth_it:
        key = "scale.told_data_worth"
    elif growth.data_is_not_worth_it:
        key = "scale.told_data_not_worth"
    if not sure:
        key = "scale.told_data_unsure"
    lines.append(
        text(
            key,
            lang=lang,
            rows=2 * growth.rows,
            gain=_points(mean),
            low=_points(low),
            high=_points(high),
        )
    )
    last = growth.from_last_doubling()
    if last is not None and sure:
        lines.append(
            text(
                "scale.told_last",
                lang=lang,
                before=int(growth.row_counts[-2]),
                after=growth.rows,
                gain=_points(last.mean),
                low=_points(last.low),
                high=_points(last.high),
            )
        )
    return lines


def _of_size(growth: Growth, lang: Language | None) -> list[str]:
    if len(growth.sizes) < 2:
        return [text("scale.told_one_size", lang=lang)]
    compared = growth.from_size()
    lost = [f"{size.factor:g}" for size in growth.sizes if size.factor not in {1.0, *compared}]
    lines = [
        text(
            "scale.told_size",
            lang=lang,
            factor=f"{factor:g}",
            gain=_points(gain.mean),
            low=_points(gain.low),
            high=_points(gain.high),
        )
        for factor, gain in compared.items()
    ]
    if lost:
        lines.append(text("scale.told_size_lost", lang=lang, factors=", ".join(lost)))
    factor = growth.size_is_worth_it
    if factor is not None:
        return [*lines, text("scale.told_size_worth", lang=lang, factor=f"{factor:g}")]
    if lost:
        return lines
    key = "unknown" if growth.may_size_be_worth_it else "not_worth"
    return [*lines, text(f"scale.told_size_{key}", lang=lang)]


def _bias_and_variance(growth: Growth, lang: Language | None) -> list[str]:
    sound = growth.is_sound[growth.asked, :, -1]
    if not sound.any():
        return []
    train = float(growth.train_scores[growth.asked, sound, -1].mean())
    valid = float(growth.scores[growth.asked, sound, -1].mean())
    told = text(
        "scale.told_bias",
        lang=lang,
        train=_share(1 - train),
        valid=_share(1 - valid),
        gap=_share(train - valid),
        kind=text(
            "scale.high_variance" if train - valid > 1 - train else "scale.high_bias", lang=lang
        ),
    )
    return [told]


def _of_baselines(growth: Growth, lang: Language | None) -> list[str]:
    names = {one.name: text(f"scale.model_{one.name}", lang=lang) for one in growth.baselines}
    shown = "; ".join(f"{names[one.name]} {_share(one.score)}" for one in growth.baselines)
    scores = growth.whole_scores(growth.best)
    lines = [
        text(
            "scale.told_baselines",
            lang=lang,
            metric=growth.metric,
            models=shown,
            score=_share(float(scores.mean())) if len(scores) else text("rate.diverged", lang=lang),
        )
    ]
    better = growth.better_baselines
    if better:
        best = better[0]
        key = "scale.told_trees_better" if best.name == "trees" else "scale.told_simple_better"
        lines.append(text(key, lang=lang, model=names[best.name], score=_share(best.score)))
    return lines


def _share(value: float) -> str:
    return f"{100 * value:.1f} %".replace("-", "−")


def _points(value: float) -> str:
    """A gain in points of a hundred, with its sign."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    return f"{100 * value:+.2f}".replace("-", "−")


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else ("∞" if value > 0 else "−∞")
