"""Fixtures of the ensembles' tests."""

from __future__ import annotations

import numpy as np
import pytest
from ensemble_runs import TASKS, trained

import jaram as jr


@pytest.fixture(params=TASKS)
def runs(request: pytest.FixtureRequest) -> list[jr.Run]:
    """Four runs of each task in turn."""
    return trained(request.param)


@pytest.fixture
def classifiers() -> list[jr.Run]:
    return trained("multiclass")


@pytest.fixture
def x() -> np.ndarray:
    """New rows."""
    return np.random.default_rng(9).normal(size=(50, 4)).astype(np.float32)
