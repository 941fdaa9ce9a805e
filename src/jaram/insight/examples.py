"""What a report shows of single examples, by what an example is; written with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaram.data.windows import Forecast
from jaram.insight.forecasts import FILE as FILE
from jaram.insight.forecasts import forecasts_told
from jaram.insight.occlusion import texts_read
from jaram.insight.pictures import pictures_seen
from jaram.insight.series import series_seen

if TYPE_CHECKING:
    from jaram.runs.run import AnswersOf, Run


def examples_of(run: Run, name: str, answers_of: AnswersOf) -> dict[str, Any]:
    """Plain values for :data:`FILE`: examples of the part ``name``; empty for tables."""
    part, kind = run.parts[name], run.preparation.kind
    if isinstance(run.preparation.intake, Forecast):
        return forecasts_told(run, name, part, answers_of)
    if kind == "pictures":
        return pictures_seen(run, part, answers_of(name))
    if kind == "text":
        return texts_read(run, part, answers_of(name))
    if kind == "series":
        return series_seen(run, part, answers_of(name))
    return {}
