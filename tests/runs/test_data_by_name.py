"""A run takes data by name or path wherever it takes data: to predict, to evaluate, to resume."""

from __future__ import annotations

from pathlib import Path

import pytest

import jaram as jr
from jaram.progress import EpochReport

RECIPE = jr.Recipe(network=(), epochs=2, stop=None)


class Impatient:
    def __call__(self, report: EpochReport) -> None:
        raise KeyboardInterrupt

    def close(self) -> None:
        pass


@pytest.mark.parametrize("name", ["xor", "penguins"])
def test_a_set_by_its_name(name: str, tmp_path: Path) -> None:
    data = jr.load(name)
    with pytest.raises(KeyboardInterrupt):
        jr.train(RECIPE, name, out=tmp_path / "run", progress=Impatient())
    run = jr.train(data=name, resume=tmp_path / "run")
    assert list(run.predict(name)) == list(run.predict(data))
    assert run.evaluate(name) == run.evaluate(data)


def test_a_file_without_the_target(tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    columns = {"a": [1, 2, 3, 4] * 5, "b": [4, 3, 2, 1] * 5, "y": [1.5, 2.5, 3.0, 4.5] * 5}
    run = jr.train(RECIPE, jr.load(columns, target="y"))
    assert run.predict(file).tolist() == run.predict([[1, 2], [3, 4]]).tolist()
    with pytest.raises(jr.DataError, match="nowhere"):
        run.predict(tmp_path / "nowhere.csv")
