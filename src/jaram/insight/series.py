"""Series that a network was asked about: some right, the surest mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jaram.data.prepare import Part
from jaram.insight.choice import told_of, worth_seeing
from jaram.training.outputs import Answers

if TYPE_CHECKING:
    from jaram.runs.run import Run

EXAMPLES = 12
MOST_STEPS = 300
"""Of longer series every second step is kept, or third, ..."""
MOST_CHANNELS = 6


def series_seen(run: Run, part: Part, found: Answers) -> dict[str, Any]:
    """Examples with their ``lines``: the real steps of each of the first channels, in the channel's
    own unit. ``each``: how many steps lie between two values."""
    shown = worth_seeing(run.task, part, found, EXAMPLES)
    preparation = run.preparation
    width = min(len(preparation.center), MOST_CHANNELS)
    center = np.asarray(preparation.center)[:width]
    scale = np.asarray(preparation.scale)[:width]
    each = -(-part.x.shape[1] // MOST_STEPS)
    examples = []
    for row in shown:
        steps = np.asarray(part.x[row], np.float64)
        if preparation.is_padded:
            steps = steps[steps[:, -1] == 0]
        lines = (steps[::each, :width] * scale + center).T
        examples.append(told_of(run, part, found, int(row)) | {"lines": lines.tolist()})
    names = list(preparation.feature_names[:width])
    return {"kind": "series", "channels": names, "each": each, "examples": examples}
