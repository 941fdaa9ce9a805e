"""Findings and treatments in words, for a terminal and for :meth:`Treatment.report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaram.messages import Language

if TYPE_CHECKING:
    from jaram.doctor.verdict import Treatment


def treatment_told(treatment: Treatment, lang: Language | None = None) -> str:
    """The treatment in words: what was found, tried and gained."""
    raise NotImplementedError
