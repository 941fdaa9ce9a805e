"""How a rule tells what it saw: how grave, and with which numbers."""

from __future__ import annotations

import math
import sys
from typing import Any

from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Severity

LOSES_MUCH = 0.1
"""Points short of what simple models reach from which a loss is grave."""


def numbers(**values: Any) -> dict[str, Any]:
    """Those values that are known, as the evidence of a finding; infinite ones as the largest that
    can be written."""
    return {name: _written(value) for name, value in values.items() if value is not None}


def _written(value: Any) -> Any:
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return 0.0 if math.isnan(value) else math.copysign(sys.float_info.max, value)


def severity(evidence: Evidence) -> Severity:
    """Grave where the training failed or loses much; else notable."""
    much = (evidence.shortfall or 0.0) >= LOSES_MUCH
    failed = evidence.has_failed and evidence.shortfall != 0.0
    return "grave" if failed or much else "notable"
