"""The data of a run is found again as it was, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import jaram as jr
from jaram.doctor import patient
from jaram.doctor.diagnosis import gather
from jaram.errors import RunError
from jaram.runs.fingerprint import fingerprint_of

RECIPE = jr.Recipe(network=(jr.Dense(4, "relu"),), batch_size=16, epochs=1)


def frame() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "번호": rng.permutation(60),
            "grade": rng.integers(1, 4, 60),
            "size": rng.normal(size=60).round(3),
            "day": [f"2024-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(60)],
            "shop": rng.choice(["가", "나", "다"], 60),
            "price": rng.normal(size=60).round(3),
            "kind": rng.choice(["a", "b"], 60),
        }
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("price", {}),
        ("kind", {"kinds": {"grade": "category", "번호": "number"}}),
        ("price", {"group": "shop", "kinds": {"size": "category"}}),
        ("kind", {"time": "day"}),
        ("grade", {"task": "multiclass", "weight": "번호"}),
    ],
)
def test_a_file_is_read_as_it_was(target: str, said: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "표.csv"
    file.write_bytes(frame().write_csv(separator=";").encode("cp949"))
    run = jr.train(RECIPE, jr.load(file, target, **said), out=tmp_path / "run")
    assert run.prepared is not None
    opened = jr.open(tmp_path / "run")
    for data in (None, str(file)):
        again = patient.prepared_for(opened, data, opened.folder)
        assert again is not None
        assert fingerprint_of(again) == fingerprint_of(run.prepared)
    assert gather(tmp_path / "run").has("answers")


def test_a_file_that_has_changed_is_no_evidence(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    frame().write_csv(file)
    jr.train(RECIPE, jr.load(file, "price"), out=tmp_path / "run")
    for other in (frame().head(50), frame().drop("size"), frame().with_columns(size=pl.lit("x"))):
        other.write_csv(file)
        assert not gather(tmp_path / "run").has("data")
        assert not gather(jr.open(tmp_path / "run")).has("data")
    frame().head(50).write_csv(file)
    with pytest.raises(RunError, match="not the data"):
        gather(tmp_path / "run", file)
    file.unlink()
    assert not gather(tmp_path / "run").has("data")


def test_data_from_memory_is_given_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = jr.Data(rng.normal(size=(50, 3)).astype(np.float32), rng.integers(0, 2, 50))
    jr.train(RECIPE, data, out=tmp_path / "run")
    assert not gather(tmp_path / "run").has("data")
    assert gather(tmp_path / "run", data).has("answers")
    with pytest.raises(RunError, match="not the data"):
        gather(tmp_path / "run", jr.Data(data.x[::-1], data.y))


@pytest.mark.parametrize("name", ["penguins", "iris", "moons"])
def test_a_built_in_set_is_known_by_its_name(name: str, tmp_path: Path) -> None:
    jr.train(RECIPE, jr.load(name), out=tmp_path / "run")
    assert gather(tmp_path / "run").has("data")
