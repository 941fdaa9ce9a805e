"""How the score grew with data and network, as one page (:mod:`jaram.report.frame`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jaram.messages import LANGUAGES, Language, language
from jaram.report.frame import filled, texts_of, write_page
from jaram.report.search_html import rounded

if TYPE_CHECKING:
    from jaram.growth.outcome import Growth
    from jaram.growth.power_law import PowerLaw

PAGE = "scale.html"
_SCRIPTS = ("page", "numbers", "drawing", "panel", "growth", "living")
PLACES = 60
"""Numbers of rows at which laws are drawn."""


def write_growth_report(growth: Growth, path: Path, lang: Language | None = None) -> Path:
    """Write the page to ``path``, which it returns; raises RunError if it can't be written."""
    path, lang = Path(path), lang or language()
    texts = texts_of("report", "scale")
    name = path.resolve().parent.name
    carried = {"lang": lang, "name": name, "texts": texts, **payload(growth)}
    title = f"{name} · {texts[lang]['scale_report']}"
    write_page(path, filled(title, lang, carried, _SCRIPTS))
    return path


def payload(growth: Growth) -> dict[str, Any]:
    """What the page draws, as plain JSON values."""
    from jaram.report.growth_pictures import BEYOND, SHOWN_BASELINES, mean_curve

    rows = growth.row_counts
    along = np.geomspace(rows[0], rows[-1] * BEYOND, PLACES)
    return {
        "metric": growth.metric,
        "told": {lang: growth.report(lang).splitlines() for lang in LANGUAGES},
        "rows": rows.tolist(),
        "along": rounded(along),
        "sizes": [
            {
                "factor": size.factor,
                "weights": size.weights,
                "errors": rounded(1 - scores),
                "law": None if law is None else _drawn(law, along),
            }
            for size, law, scores in zip(growth.sizes, growth.laws, growth.scores, strict=True)
        ],
        "baselines": [
            {"name": one.name, "error": 1 - one.score}
            for one in growth.baselines
            if one.name in SHOWN_BASELINES
        ],
        "curves": [rounded(1 - mean_curve(growth, share)) for share in growth.shares],
        "train": rounded((1 - growth.train_scores[growth.asked]).mean(axis=0)),
        "valid": rounded((1 - growth.scores[growth.asked]).mean(axis=0)),
    }


def _drawn(law: PowerLaw, along: Any) -> dict[str, Any]:
    low, high = law.band(along)
    return {"mean": rounded(law.at(along)), "low": rounded(low), "high": rounded(high)}
