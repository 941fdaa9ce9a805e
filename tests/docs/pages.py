"""The pages of docs/ as the tests read them: their code, and the output that each page claims."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("en", "ko")
NAMES = tuple(sorted(page.stem for page in (DOCS / "en").glob("*.md")))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")

REST = "…"
"""A line of an output that stands for any number of lines."""


@dataclass(frozen=True)
class Example:
    """A block of code, and what the page says it prints; None where the page shows no output."""

    code: str
    output: str | None = None


def read(language: str, name: str) -> str:
    """The text of a page."""
    return (DOCS / language / f"{name}.md").read_text(encoding="utf-8")


def examples(page: str) -> list[Example]:
    """The ``python`` blocks of a page, each with the ``text`` block that follows it, if any."""
    blocks = [*_BLOCK.findall(page), ("", "")]
    return [
        Example(code, output if follower == "text" else None)
        for (kind, code), (follower, output) in itertools.pairwise(blocks)
        if kind == "python"
    ]


def commands(page: str) -> list[Example]:
    """The lines ``$ …`` of the ``console`` blocks, each with the output shown under it."""
    found = []
    for kind, block in _BLOCK.findall(page):
        if kind == "console":
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                line, _, output = part.partition("\n")
                found.append(Example(line, output or None))
    return found


def links(page: str) -> list[str]:
    """Where the page points to inside the project."""
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page)
    return [target for target in targets if not target.startswith("http")]


def agrees(shown: str, printed: str) -> bool:
    """Whether what a page shows is what was printed.

    Words must be the same. Numbers may differ by 5% or by 0.05, since another processor adds up in
    another order; widths of columns may then differ too. The line ``…`` stands for any lines.
    """
    rest = printed.split("\n")
    for part in re.split(rf"^ *{REST}$\n?", shown, flags=re.MULTILINE):
        lines = part.rstrip("\n").split("\n")
        if lines == [""]:
            continue
        starts = range(len(rest) - len(lines) + 1)
        at = next((i for i in starts if _same(lines, rest[i : i + len(lines)])), None)
        if at is None:
            return False
        rest = rest[at + len(lines) :]
    return True


def _same(shown: list[str], printed: list[str]) -> bool:
    if [_words(line) for line in shown] != [_words(line) for line in printed]:
        return False
    pairs = zip(_numbers(shown), _numbers(printed), strict=True)
    return all(math.isclose(a, b, rel_tol=0.05, abs_tol=0.05) for a, b in pairs)


def _numbers(lines: list[str]) -> list[float]:
    return [float(number) for line in lines for number in _NUMBER.findall(line)]


def _words(line: str) -> str:
    return " ".join(_NUMBER.sub("0", line).split())
