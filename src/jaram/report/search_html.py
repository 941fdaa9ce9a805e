"""The report of a search as one page (:mod:`jaram.report.frame`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.words import SHARES
from jaram.messages import LANGUAGES, Language, language
from jaram.report.axes import Axis
from jaram.report.frame import filled, texts_of, write_page
from jaram.report.search_evidence import SearchEvidence, search_evidence
from jaram.searches.telling import courses, sentences

if TYPE_CHECKING:
    from jaram.searches.study import Study

PAGE = "search.html"
_SCRIPTS = ("page", "numbers", "drawing", "panel", "search", "living")
DIGITS = 4
"""Of a number that is only drawn."""


def write_search_report(study: Study, path: Path, lang: Language | None = None) -> Path:
    """Write the report of a search to ``path``.

    lang: the language that the page opens in (default: the current one); it carries both.
    Returns the path written. Raises RunError if the file can't be written.
    """
    path = Path(path)
    folder = study.folder or path.parent
    write_page(path, search_page(search_evidence(study), folder.resolve().name, lang or language()))
    return path


def search_page(evidence: SearchEvidence, name: str, lang: Language) -> str:
    """The whole page. ``name``: what to call the search."""
    texts = texts_of("report", "study")
    carried = {"lang": lang, "name": name, "texts": texts, **payload(evidence)}
    return filled(f"{name} · {texts[lang]['search_report']}", lang, carried, _SCRIPTS)


def payload(evidence: SearchEvidence) -> dict[str, Any]:
    """What the page draws, as plain JSON values; numbers that are not finite are None."""
    study = evidence.study
    settings, confirmed = study.settings, study.confirmed
    numbers = [trial.number for trial in study.trials]
    return {
        "metric": settings.metric,
        "part": settings.part,
        "is_one_training": settings.is_one_training,
        "is_share": settings.metric in SHARES,
        "worst": settings.worst,
        "told": {lang: sentences(study, lang) for lang in LANGUAGES},
        "score": None
        if confirmed is None
        else {
            "mean": study.interval.mean,
            "low": study.interval.low,
            "high": study.interval.high,
            "seeds": study.interval.seeds,
        },
        "values": [list(pair) for pair in courses(study)],
        "winner": None if study.winner is None else numbers.index(study.winner.number),
        "low": evidence.low,
        "high": evidence.high,
        "axes": [_axis(axis) for axis in evidence.axes],
        "colour": None if evidence.colour is None else _axis(evidence.colour),
        "importance": [row for row in evidence.shares if np.isfinite(row["importance"])],
        "joint": [row for row in evidence.joint if np.isfinite(row["importance"])],
        "marginals": [
            {
                "axis": one.axis,
                "at": rounded(one.at),
                "mean": rounded(one.mean),
                "low": rounded(one.low),
                "high": rounded(one.high),
            }
            for one in evidence.marginals
        ],
        "pairs": [
            {
                "first": one.first,
                "second": one.second,
                "surface": rounded(one.surface),
                "interaction": one.interaction,
            }
            for one in evidence.pairs
        ],
        "epochs": evidence.epochs.tolist(),
        "curves": rounded(evidence.curves),
        "trials": _columns(study),
        "columns": [
            {"name": path, "values": [_cell(trial.values.get(path)) for trial in study.trials]}
            for path in study.space.dimensions
        ],
    }


def _columns(study: Study) -> dict[str, list[Any]]:
    trials = study.trials
    return {
        "number": [trial.number for trial in trials],
        "score": rounded(np.array([trial.score for trial in trials]), DIGITS + 1),
        "epochs": [trial.epochs for trial in trials],
        "status": study.table["status"].to_list(),
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "name": axis.name,
        "is_choice": axis.is_choice,
        "ticks": [list(tick) for tick in axis.ticks],
        "places": rounded(axis.places),
    }


def rounded(values: NDArray[np.float64], digits: int = DIGITS) -> Any:
    """Nested lists of numbers with so many significant digits; what is not finite is None."""
    flat = values.ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.floor(np.log10(np.abs(flat)))
    power = 10.0 ** (digits - 1 - np.where(np.isfinite(size), size, 0))
    short = (np.round(flat * power) / power).astype(object)
    short[~np.isfinite(flat)] = None
    return short.reshape(values.shape).tolist()


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float | str) or value is None else str(value)
