"""Sub-populations on Ray workers: the same numbers, and a worker that dies costs its batch only."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.errors import UsageError
from jaram.searches import cluster
from jaram.searches.backend import Here

SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(jr.Choice(4, 8), "tanh"),),
        optimizer=jr.SGD(jr.LogUniform(1e-3, 1.0), momentum=0.9),
        penalties=(),
        batch_size=16,
        epochs=9,
        stop=None,
    )
)


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 4)).astype(np.float32)
    return jr.Data(x, (x[:, 0] * x[:, 1] > 0).astype(int))


def test_a_missing_ray_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"jaram\[ray\]"):
        jr.search(SPACE, data(), trials=2, cluster="local")


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_workers_find_the_same_and_one_that_dies_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Laid out for two workers, this process gives the same bits."""
    pytest.importorskip("ray")
    asked: dict[str, Any] = {"strategy": "caviar", "trials": 12, "seeds": 2, "confirm": 2}
    with monkeypatch.context() as patched:
        patched.setattr(Here, "workers", 2)
        here = jr.search(SPACE, data(), **asked)
    train, mark = cluster._train, str(tmp_path / "killed")

    def killed_once(*arguments: Any) -> Any:
        import os
        import signal
        from pathlib import Path

        if not Path(mark).exists():
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return train(*arguments)

    monkeypatch.setattr(cluster, "_train", killed_once)
    there = jr.search(SPACE, data(), out=tmp_path / "s", cluster="local", **asked)
    assert Path(mark).exists()
    assert there.table.drop("seconds").equals(here.table.drop("seconds"))
    assert [one.loss for one in there.trials] == [one.loss for one in here.trials]
    assert jr.Study.open(tmp_path / "s").trials == there.trials


@pytest.mark.filterwarnings("ignore")
def test_no_cluster_at_an_address_is_told() -> None:
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:1"):
        jr.search(SPACE, data(), trials=2, cluster="127.0.0.1:1")
