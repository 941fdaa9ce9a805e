"""The report of a run: one self-contained page, or pictures. Drawn from the run's folder alone.

Importing this room loads neither JAX nor matplotlib nor polars.
"""

from __future__ import annotations

from jaram.report.html import write_report
from jaram.report.png import write_pngs

__all__ = ["write_pngs", "write_report"]
