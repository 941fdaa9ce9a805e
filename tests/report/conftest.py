from __future__ import annotations

from pathlib import Path

import made_up_runs
import pytest


@pytest.fixture(params=made_up_runs.KINDS)
def run_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A finished run of each kind of task."""
    return made_up_runs.make_run(tmp_path / "run", request.param)


@pytest.fixture
def multiclass_folder(tmp_path: Path) -> Path:
    return made_up_runs.make_run(tmp_path / "run", "multiclass")
