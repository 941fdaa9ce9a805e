"""The report as pictures, for slides and papers; matplotlib is imported when one is drawn."""

from __future__ import annotations

from pathlib import Path

from jaram.errors import RunError
from jaram.messages import Language, language
from jaram.report.evidence import read_evidence


def write_pngs(folder: Path, directory: Path, lang: Language | None = None) -> list[Path]:
    """Draw the report of the run in ``folder`` as PNG files in ``directory``, made if missing.

    lang: the language of titles and labels (default: the current one).
    Returns the files written: loss, metrics, vitals, confusion or residuals, calibration,
    importance and network, as far as the run has what they show. Raises RunError if the folder is
    no run or the files can't be written.
    """
    evidence = read_evidence(Path(folder))
    directory = Path(directory)
    from jaram.report import pictures  # brings in matplotlib

    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, figure in pictures.draw_all(evidence, lang or language()):
            path = directory / f"{name}.png"
            with pictures.style():
                figure.savefig(path)
            written.append(path)
    except OSError as error:
        raise RunError(
            "report.unwritable", path=directory, detail=error.strerror or error
        ) from None
    return written
