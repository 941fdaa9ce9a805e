"""The nearest of some names to a misspelled one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from jaram.messages import text


def suggestion(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the nearest of ``known``, or an empty string."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return text("spec.did_you_mean", nearest=nearest[0]) if nearest else ""
