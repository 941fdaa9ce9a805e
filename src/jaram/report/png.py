"""The report as pictures, for slides and papers; matplotlib is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jaram.errors import RunError
from jaram.messages import Language, language
from jaram.report.evidence import read_evidence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jaram.growth.outcome import Growth
    from jaram.searches.study import Study


def write_pngs(folder: Path, directory: Path, lang: Language | None = None) -> list[Path]:
    """Draw the report of the run in ``folder`` as PNG files in ``directory``, made if missing.

    lang: the language of titles and labels (default: the current one).
    Returns the files written: loss, metrics, vitals, through_time, confusion or residuals,
    calibration, importance and network, as far as the run has what they show. Raises RunError if
    the folder is no run or the files can't be written.
    """
    evidence = read_evidence(Path(folder))
    from jaram.report import pictures  # brings in matplotlib

    return _written(pictures.draw_all(evidence, lang or language()), Path(directory))


def write_search_pngs(study: Study, directory: Path, lang: Language | None = None) -> list[Path]:
    """Draw a search as PNG files in ``directory``, made if missing: importance, curves, marginals,
    pairs and parallel, as far as there is what they show.

    Returns the files written. Raises RunError if they can't be written.
    """
    from jaram.report.search_evidence import search_evidence
    from jaram.report.search_pictures import draw_search

    return _written(draw_search(search_evidence(study), lang or language()), Path(directory))


def write_growth_pngs(growth: Growth, directory: Path, lang: Language | None = None) -> list[Path]:
    """Draw how the score grew with data and network as PNG files in ``directory``, made if missing.

    Returns the files written: error_by_rows, curves_by_rows, bias_and_variance. Raises RunError if
    they can't be written.
    """
    from jaram.report.growth_pictures import draw_growth

    return _written(draw_growth(growth, lang or language()), Path(directory))


def _written(figures: Iterable[tuple[str, Figure]], directory: Path) -> list[Path]:
    """Save named figures in ``directory``."""
    from jaram.report.pictures import style

    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, figure in figures:
            path = directory / f"{name}.png"
            with style():
                figure.savefig(path)
            written.append(path)
    except OSError as error:
        raise RunError(
            "report.unwritable", path=directory, detail=error.strerror or error
        ) from None
    return written
