"""The report of a run as one page (:mod:`jaram.report.frame`)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from jaram.messages import Language, language
from jaram.report import wording
from jaram.report.evidence import Evidence, Table, read_evidence, rows, thinned
from jaram.report.frame import filled, texts_of, write_page
from jaram.report.summary import arrange_summary
from jaram.report.through_time import arrange_through_time
from jaram.report.treatment import arrange_treatment
from jaram.report.vitals import SHARES, arrange

_SCRIPTS = (
    "page",
    "numbers",
    "drawing",
    "chart",
    "headline",
    "curves",
    "findings",
    "treatment",
    "results",
    "examples",
    "forecast",
    "through_time",
    "network",
    "about",
    "main",
)


def write_report(folder: Path, path: Path | None = None, lang: Language | None = None) -> Path:
    """Write the report of the run in ``folder`` to ``path`` (default: ``folder/report.html``).

    lang: the language that the page opens in (default: the current one); it carries both.
    Returns the path written. Raises RunError if the folder is no run or the file can't be written.
    """
    folder = Path(folder)
    path = folder / "report.html" if path is None else Path(path)
    write_page(path, page(read_evidence(folder), folder.resolve().name, lang or language()))
    return path


def page(evidence: Evidence, name: str, lang: Language) -> str:
    """The whole page. ``name``: what to call a run that has no name of its own."""
    texts = texts_of("report")
    name = str(evidence.run.get("name") or name)
    carried = {"lang": lang, "name": name, "texts": texts, **payload(evidence)}
    return filled(f"{name} · {texts[lang]['training_report']}", lang, carried, _SCRIPTS)


def payload(evidence: Evidence) -> Table:
    """What the page draws, as plain JSON values; numbers that are not finite are None."""
    vitals = arrange(evidence.vitals)
    places = thinned(evidence.epochs)
    told = ("findings", "diagnosis", "choices")
    run = {key: value for key, value in evidence.run.items() if key not in told}
    return {
        "run": run,
        "task": evidence.task,
        "epochs": evidence.epochs,
        "summary": arrange_summary(evidence),
        "history": {
            key: [values[place] for place in places] for key, values in evidence.history.items()
        },
        "steps": {"loss": evidence.steps, "each": evidence.steps_each},
        "vitals": {
            "epochs": vitals.epochs,
            "layers": vitals.layers,
            "numbers": vitals.numbers,
            "signs": vitals.signs,
            "shares": SHARES,
        },
        "through_time": [asdict(one) for one in arrange_through_time(evidence.through_time)],
        "results": evidence.results,
        "part": evidence.part,
        "examples": evidence.examples,
        "augmented": evidence.augmented,
        "importance": rows(evidence.evaluation.get("importance")),
        "importance_metric": evidence.evaluation.get("importance_metric"),
        "findings": wording.findings(evidence),
        "unknown": wording.unknown(evidence),
        "is_diagnosed": "diagnosis" in evidence.run,
        "treatment": arrange_treatment(evidence.treatment),
        "choices": wording.choices(evidence),
        "recipe": evidence.recipe,
    }
