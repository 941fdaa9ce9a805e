"""What a person should know about their data without being stopped by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jaram.messages import Language, text

MOST_SHOWN = 12
"""How many names a message lists before it says how many more there are."""
LONGEST_SHOWN = 60
"""How many characters of a cell's content a message shows."""


class DataWarning(UserWarning):
    """Data that can be used, but not quite as it came."""


@dataclass(frozen=True)
class Notice:
    """A remark about the data: the key of a text in ``messages/data.toml`` and its values."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)

    def message(self, lang: Language | None = None) -> str:
        """The remark as a sentence."""
        return text(self.key, lang=lang, **self.values)

    def to_json(self) -> dict[str, Any]:
        """The remark as plain JSON values."""
        return {"key": self.key, "values": self.values}


def listed(names: Iterable[object]) -> str:
    """Names as one short line: ``a, b, c, … (+9988)``."""
    words = [shown(name) for name in names]
    more = len(words) - MOST_SHOWN
    line = ", ".join(words[:MOST_SHOWN])
    return f"{line}, … (+{more})" if more > 0 else line


def shown(value: object) -> str:
    """A cell's content short enough for a message."""
    word = str(value)
    return word if len(word) <= LONGEST_SHOWN else f"{word[: LONGEST_SHOWN - 1]}…"
