"""The picture of a learning-rate test."""

from __future__ import annotations

import numpy as np

import jaram as jr
from jaram.report.rate_picture import draw
from jaram.searches.rate_test import RateTest


def test_the_mean_is_of_the_losses_and_not_of_what_fits_into_the_picture() -> None:
    """One seed in four leaves the picture, so that the mean of what is drawn would stay inside."""
    losses = np.array([[1.0, 1.0, 1.0, 1.0], [0.2, 0.2, 0.2, 0.2], [0.5, 0.5, 0.5, 9.0]])
    test = RateTest(
        learning_rate=0.01,
        low=0.005,
        high=0.02,
        rates=np.array([0.001, 0.01, 0.1]),
        losses=losses,
        start=np.ones(4),
        recipe=jr.Recipe(),
        epochs=1,
        steps=10,
    )
    axes = draw(test, "en").axes[0]
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines}
    np.testing.assert_allclose(lines["Mean over seeds"], [1.0, 0.2, 1.1])  # cut at the top, 1.1
