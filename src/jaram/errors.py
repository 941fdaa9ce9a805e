"""Errors that a person can act on.

Every error is raised with the key of a text in the catalogue (:mod:`jaram.messages`) and the values
that fill it, so that the same error reads in English and in Korean.
"""

from __future__ import annotations

from typing import Any


class JaramError(ValueError):
    """Wrong input, told in one sentence: what is wrong, where, and what would be right.

    ``key`` names the text in the catalogue; ``values`` fill its placeholders. ``str(error)`` is the
    sentence in the current language (:func:`jaram.messages.language`).
    """

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        from jaram.messages import text

        return text(self.key, **self.values)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.key, self.values)


def _rebuild(kind: type[JaramError], key: str, values: dict[str, Any]) -> JaramError:
    return kind(key, **values)


class RecipeError(JaramError):
    """A recipe, network, or any other specification that cannot be."""


class DataError(JaramError):
    """Data that cannot be read or learned from."""


class PreflightError(JaramError):
    """A training that the pre-flight refuses to start."""


class RunError(JaramError):
    """A run folder that cannot be opened, resumed or written."""


class UsageError(JaramError):
    """A command line or call whose arguments do not fit together."""
