"""The report as one page that carries its data, its texts and its chart library.

Nothing is drawn here: the page draws itself in the reader's browser (``page/*.js``), so that
writing it costs milliseconds. A content-security policy lets only the page's own scripts run and
nothing be loaded, and the data stands in a block that is never executed: names and labels out of
somebody's table are shown, not obeyed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import tomllib
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from jaram.errors import RunError
from jaram.messages import Language, language
from jaram.report import wording
from jaram.report.evidence import Evidence, Table, read_evidence, rows, thinned
from jaram.report.summary import arrange_summary
from jaram.report.treatment import arrange_treatment
from jaram.report.vitals import SHARES, arrange

_SCRIPTS = (
    "page",
    "numbers",
    "chart",
    "headline",
    "curves",
    "findings",
    "treatment",
    "results",
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
    content = page(read_evidence(folder), folder.resolve().name, lang or language())
    try:
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_text(content, encoding="utf-8", newline="\n")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise RunError("report.unwritable", path=path, detail=error.strerror or error) from None
    return path


def page(evidence: Evidence, name: str, lang: Language) -> str:
    """The whole page. ``name``: what to call a run that has no name of its own."""
    frame = _frame()
    texts = frame["texts"]
    name = str(evidence.run.get("name") or name)
    carried = {"lang": lang, "name": name, "texts": texts, **payload(evidence)}
    values = {
        "lang": lang,
        "title": escape(f"{name} · {texts[lang]['training_report']}"),
        "policy": frame["policy"],
        "style": frame["style"],
        "needs_script": escape(texts[lang]["needs_script"]),
        "data": embedded(carried),
        "script": frame["script"],
    }
    parts = frame["template"].split("%%")  # text, name, text, name, ..., text
    return "".join(values[part] if index % 2 else part for index, part in enumerate(parts))


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
        "results": evidence.results,
        "part": evidence.part,
        "importance": rows(evidence.evaluation.get("importance")),
        "importance_metric": evidence.evaluation.get("importance_metric"),
        "findings": wording.findings(evidence),
        "unknown": wording.unknown(evidence),
        "is_diagnosed": "diagnosis" in evidence.run,
        "treatment": arrange_treatment(evidence.treatment),
        "choices": wording.choices(evidence),
        "recipe": evidence.recipe,
    }


def embedded(value: object) -> str:
    """``value`` as JSON that can stand inside a ``<script>`` element whatever strings it holds.

    ``<`` never appears (so no end tag and no comment), nor do the two line ends that JSON allows
    and JavaScript once did not.
    """
    content = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return content.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: object) -> Any:
    """Six digits are more than a chart shows, and halve the page."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int):
        # A lone surrogate, which JSON can spell, has no UTF-8.
        return value.encode(errors="replace").decode() if isinstance(value, str) else value
    return str(value)


@cache
def _frame() -> Table:
    """The parts of the page that are the same for every run."""
    room = resources.files("jaram.report")
    assets, own = room / "assets", room / "page"
    style = _read(assets / "uPlot.min.css") + _read(own / "style.css")
    script = "\n".join(
        [
            # Charts are drawn at twice the resolution at least, so that they are crisp on paper.
            "window.devicePixelRatio = Math.max(2, window.devicePixelRatio || 1);",
            "/* uPlot\n" + _read(assets / "uPlot.LICENSE.txt") + "*/",
            _read(assets / "uPlot.iife.min.js"),
            '(() => {"use strict";',
            *(_read(own / f"{name}.js") for name in _SCRIPTS),
            "})();",
        ]
    )
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src '{_digest(script)}'; style-src '{_digest(style)}'"
    )
    catalogue = tomllib.loads(_read(resources.files("jaram.messages") / "report.toml"))
    texts = {lang: {key: entry[lang] for key, entry in catalogue.items()} for lang in ("en", "ko")}
    return {
        "template": _read(own / "page.html"),
        "style": style,
        "script": script,
        "policy": policy,
        "texts": texts,
    }


def _read(path: Any) -> str:
    return str(path.read_text(encoding="utf-8"))


def _digest(content: str) -> str:
    """The source expression by which a content-security policy knows an inline element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
