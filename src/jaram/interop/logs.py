"""Curves of trainings from elsewhere: frames, CSV and JSON files, TensorBoard events, Keras."""

from __future__ import annotations

from typing import Any

from jaram.doctor.evidence import Evidence


def read_curves(source: Any) -> Evidence:
    """The evidence in curves from elsewhere."""
    raise NotImplementedError
