"""When a training stops before its last epoch."""

from __future__ import annotations

from typing import Literal

from jaram.spec import Count, NonNegative, spec


@spec(family="stopping", name="early_stopping")
class EarlyStopping:
    """Stop after ``patience`` epochs in which ``monitor`` did not improve by more than
    ``min_delta``.

    monitor: a metric of the validation part (of the training part, where there is no validation
    part).
    min_delta: in the monitor's unit. The best epoch's weights are kept whatever the rule
    (Prechelt, 1998).
    """

    patience: Count = 10
    monitor: Literal["loss", "accuracy", "rmse", "r2"] = "loss"
    min_delta: NonNegative = 0.0
