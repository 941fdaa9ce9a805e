"""The intakes: how files that are no table become arrays, for training and for new examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jaram.data.pictures import Pictures
from jaram.data.series import Series
from jaram.data.tokens import Tokens
from jaram.data.windows import Forecast

Intake = Pictures | Series | Forecast | Tokens
"""What a set of files is read by; a frozen value that is written with the run."""
_KINDS: dict[str, Any] = {one.kind: one for one in (Pictures, Series, Forecast, Tokens)}


def intake_from_json(table: Mapping[str, Any] | None) -> Intake | None:
    """The intake that ``to_json`` wrote; raises KeyError or ValueError for another table."""
    if table is None:
        return None
    found: Intake = _KINDS[table["kind"]].from_json(table)
    return found
