"""Amounts that a person writes with a unit."""

from __future__ import annotations

import re
from typing import Any

from jaram.errors import UsageError


def byte_count(memory: Any) -> int:
    """Bytes of ``2_000_000``, ``"500MB"`` or ``"2GB"`` (of 1000 or 1024, which nobody tells apart:
    1024). Raises UsageError for anything else."""
    if isinstance(memory, str):
        match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*([kmgt])i?b?", memory.strip().lower())
        size = int(float(match[1]) * 1024 ** " kmgt".index(match[2])) if match else 0
    else:
        is_number = isinstance(memory, int) and not isinstance(memory, bool)
        size = memory if is_number else 0
    if size < 1:
        raise UsageError("runs.bad_memory", value=memory)
    return size
