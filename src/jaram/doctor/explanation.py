"""Pages that teach the subject of a finding, each with an experiment that can be run."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from jaram.errors import UsageError
from jaram.messages import Language, language
from jaram.messages.nearest import suggestion

_BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


@cache
def names() -> tuple[str, ...]:
    """The findings that have a page, in alphabetical order."""
    pages = (page.name for page in _pages("en").iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in pages if name.endswith(".md")))


def page(name: str, lang: Language | None = None) -> str:
    """What the finding ``name`` is, how it is seen, why it happens and what helps, in Markdown.

    lang: the current language if None. Raises UsageError, with the name that was probably meant.
    """
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted not in names():
        raise UsageError(
            "cli.doctor_no_such_finding",
            name=name,
            suggestion=suggestion(wanted, names()),
            known=", ".join(names()),
        )
    return _pages(lang or language()).joinpath(f"{wanted}.md").read_text(encoding="utf-8")


def experiment(name: str, lang: Language | None = None) -> str:
    """The Python code of a page: it trains a sick and a healthy network and prints what differs.

    The languages differ in its comments only. Raises UsageError as :func:`page` does.
    """
    (code,) = _BLOCK.findall(page(name, lang))
    return str(code)


def _pages(lang: Language) -> Traversable:
    return resources.files("jaram.doctor").joinpath("pages", lang)
