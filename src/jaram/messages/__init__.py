"""The one catalogue of texts that a person reads, in English and Korean.

Texts live in ``<room>.toml`` beside this file, one table per message with the keys ``en`` and
``ko``; ``"data.no_such_column"`` is the table ``[no_such_column]`` of ``data.toml``. A room's file
is read when its first text is asked for. Placeholders are those of :meth:`str.format`; beside them
``{epochs:epoch|epochs}`` is a count with its noun, ``1 epoch`` or ``2 epochs``; ``{task:task}``,
``{metric:metric}``, ``{part:part}`` and ``{unit:step}`` are what the catalogue calls a kind of
task, a metric, a part of the data and a unit of time.
"""

from __future__ import annotations

import os
import string
import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal, cast

from jaram.messages.particles import with_particles

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")

_chosen: Language | None = None


def language() -> Language:
    """The current language: the one set, else ``JARAM_LANG``, else the locale's, else English."""
    if _chosen is not None:
        return _chosen
    for variable in ("JARAM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"


def set_language(code: Language | None) -> None:
    """Speak ``code`` from now on in this process; ``None``: the environment's language again."""
    global _chosen
    _chosen = code


def text(key: str, /, *, lang: Language | None = None, **values: object) -> str:
    """The text of ``key`` in ``lang`` (default: the current language), filled with ``values``.

    Raises ``KeyError`` for a key or placeholder that is not in the catalogue: a programming error,
    which a test finds.
    """
    room, _, name = key.partition(".")
    spoken = lang or language()
    told = _FORMATTERS[spoken].vformat(entry(room, name)[spoken], (), values)
    return with_particles(told) if spoken == "ko" else told


class _Formatter(string.Formatter):
    """:meth:`str.format` with counts and words."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        """A format of two words is that of a count: the noun for one, and that for any other."""
        if format_spec in _WORDS:
            return self.word(str(value), *_WORDS[format_spec])
        one, is_count, many = format_spec.partition("|")
        if is_count:
            return f"{value} {one if str(value) == '1' else many}"
        return str(super().format_field(value, format_spec))

    def word(self, name: str, room: str, prefix: str) -> str:
        """What the catalogue calls a name in the middle of a sentence; itself if it has none."""
        found = _catalogue(room).get(prefix + name)
        if found is None:
            return name
        word = found[self.lang]
        return word[0].lower() + word[1:] if word[1:2].islower() else word


_WORDS = {
    "task": ("cli", "task_"),
    "metric": ("report", "metric_"),
    "part": ("report", "part_"),
    "step": ("data", "step_"),
    "units": ("data", "units_"),
}
"""Room and beginning of the keys of the words that a format asks for."""
_FORMATTERS = {lang: _Formatter(lang) for lang in LANGUAGES}


def entry(room: str, name: str) -> dict[Language, str]:
    """The texts of one message in every language, unfilled."""
    return _catalogue(room)[name]


@cache
def _catalogue(room: str) -> dict[str, dict[Language, str]]:
    source = resources.files(__name__).joinpath(f"{room}.toml").read_text(encoding="utf-8")
    return cast("dict[str, dict[Language, str]]", tomllib.loads(source))


def rooms() -> tuple[str, ...]:
    """The names of all catalogue files, sorted."""
    return tuple(
        sorted(
            item.name.removesuffix(".toml")
            for item in resources.files(__name__).iterdir()
            if item.name.endswith(".toml")
        )
    )
