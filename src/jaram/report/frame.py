"""The frame of a page that carries its data, its texts and its chart library.

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
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from jaram.errors import RunError
from jaram.messages import Language

Texts = dict[str, dict[str, str]]


def write_page(path: Path, content: str) -> None:
    """Write a page whole or not at all; raises RunError if the file can't be written."""
    try:
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_text(content, encoding="utf-8", newline="\n")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise RunError("report.unwritable", path=path, detail=error.strerror or error) from None


def filled(title: str, lang: Language, carried: Mapping[str, Any], scripts: tuple[str, ...]) -> str:
    """The whole page.

    carried: what the scripts draw, with ``texts`` in both languages. scripts: names of files in
    ``page/``, in the order in which they run.
    """
    style, script, policy = _code(scripts)
    values = {
        "lang": lang,
        "title": escape(title),
        "policy": policy,
        "style": style,
        "needs_script": escape(texts_of("report")[lang]["needs_script"]),
        "data": embedded(carried),
        "script": script,
    }
    parts = _template().split("%%")  # text, name, text, name, ..., text
    return "".join(values[part] if index % 2 else part for index, part in enumerate(parts))


@cache
def texts_of(*rooms: str) -> Texts:
    """All texts of some rooms by language and key."""
    catalogue: dict[str, dict[str, str]] = {}
    for room in rooms:
        source = resources.files("jaram.messages") / f"{room}.toml"
        catalogue |= tomllib.loads(_read(source))
    return {lang: {key: entry[lang] for key, entry in catalogue.items()} for lang in ("en", "ko")}


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
def _code(scripts: tuple[str, ...]) -> tuple[str, str, str]:
    """Style, script, and the policy that lets these two run."""
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
            *(_read(own / f"{name}.js") for name in scripts),
            "})();",
        ]
    )
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src '{_digest(script)}'; style-src '{_digest(style)}'"
    )
    return style, script, policy


@cache
def _template() -> str:
    return _read(resources.files("jaram.report") / "page" / "page.html")


def _read(path: Any) -> str:
    return str(path.read_text(encoding="utf-8"))


def _digest(content: str) -> str:
    """The source expression by which a content-security policy knows an inline element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
