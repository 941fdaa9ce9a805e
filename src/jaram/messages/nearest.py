"""The name that was probably meant.

Standard library only: the command line suggests options without loading anything heavy.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from jaram.messages import text


def suggestion(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the nearest of ``known``, or an empty string."""
    found = nearest(name, known)
    return "" if found is None else text("spec.did_you_mean", nearest=found)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that is most like ``name``; None if none is.

    Letters are compared without case, and syllables of Hangul by their parts: a wrong vowel in a
    word of two syllables is a small mistake, not half of it.
    """
    by_parts = {_parts(word): word for word in known}
    found = difflib.get_close_matches(_parts(name), list(by_parts), n=1, cutoff=0.6)
    return by_parts[found[0]] if found else None


def _parts(word: str) -> str:
    return unicodedata.normalize("NFD", word.casefold())
