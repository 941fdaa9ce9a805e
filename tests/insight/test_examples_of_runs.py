"""What a run keeps of single examples: pictures, texts, series and forecasts, and only these."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.data.prepare import Part
from jaram.data.task import Task
from jaram.insight.augmented import TIMES, changed_pictures
from jaram.insight.choice import worth_seeing
from jaram.insight.pixels import array_of
from jaram.progress import EpochReport, Silent
from jaram.report import write_pngs
from jaram.runs.store import open_run
from jaram.training.outputs import Answers


def kept(folder: Path, name: str = "examples.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return found


def test_surest_mistakes_come_first_then_right_answers_of_every_class() -> None:
    probability = np.array(
        [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9], [0.3, 0.7]], np.float32
    )
    y = np.array([0, 0, 0, 0, 1, 1])
    part = Part(np.zeros((6, 1)), y, None, np.arange(6))
    task = Task(kind="binary", classes=("no", "yes"), outputs=1, target_names=("y",))
    found = Answers(None, probability.argmax(axis=1), probability, None)
    # Rows 2 and 1 are wrong, 2 the surer; then one right of each class, then the next.
    assert worth_seeing(task, part, found, 6).tolist() == [2, 1, 0, 4, 3, 5]
    assert worth_seeing(task, part, found, 2).tolist() == [2, 0]


@pytest.fixture(scope="module")
def picture_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    x = rng.uniform(0, 200, (60, 6, 6, 1)) + 30 * y[:, None, None, None]
    folder = tmp_path_factory.mktemp("pictures") / "run"
    recipe = jr.Recipe(network="conv 4 3 relu, flatten", augment="random_shift 0.2", epochs=2)
    jr.train(recipe, jr.Data(x, y), out=folder)
    return folder


def test_a_run_on_pictures_keeps_them_with_saliency_filters_and_maps(picture_run: Path) -> None:
    told = kept(picture_run)
    assert told["kind"] == "pictures"
    assert 2 <= len(told["examples"]) <= 12
    for one in told["examples"]:
        assert array_of(one["picture"]).shape == array_of(one["saliency"]).shape == (6, 6, 1)
        assert array_of(one["saliency"]).max() == 255
        assert one["is_right"] == (one["true"] == one["predicted"])
    assert [array_of(one).shape for one in told["filters"]["pictures"]] == [(3, 3, 1)] * 4
    assert len(told["maps"]["pictures"]) == 4
    assert told["filters"]["layer"] == "conv 4 activation=relu"


def test_filters_inside_of_a_block_are_kept_without_maps(tmp_path: Path) -> None:
    x = np.random.default_rng(0).uniform(0, 200, (60, 6, 6, 1))
    network = (jr.Residual((jr.Conv(4, 3, "relu"),)), jr.Flatten())
    jr.train(
        jr.Recipe(network=network, epochs=1), jr.Data(x, np.arange(60) % 2), out=tmp_path / "r"
    )
    told = kept(tmp_path / "r")
    assert len(told["filters"]["pictures"]) == 4 and "maps" not in told
    assert "conv 4" in told["filters"]["layer"]


def test_augmented_pictures_are_kept_beside_the_plain_ones(picture_run: Path) -> None:
    told = kept(picture_run, "augmented.json")
    assert told["augment"] == ["random_shift 0.2"]
    first = told["pictures"][0]
    assert first["true"] in ("0", "1")
    assert len(first["changed"]) == TIMES
    assert any(one != first["picture"] for one in first["changed"])


def test_a_recipe_that_changes_no_picture_has_no_sheet(tmp_path: Path) -> None:
    """And a flip that is sure to happen shows pictures turned around."""
    from jaram.data.prepare import prepare
    from jaram.defaults import complete
    from jaram.runs.store import write_augmented

    x = np.random.default_rng(0).uniform(size=(20, 4, 4, 1))
    prepared = prepare(jr.Data(x, np.arange(20) % 2))
    recipe, _ = complete(jr.Recipe(network="flatten", augment="random_flip 1.0"), prepared)
    (tmp_path / "run.json").write_text("{}")
    write_augmented(tmp_path, recipe, prepared)
    told = kept(tmp_path, "augmented.json")["pictures"][0]
    np.testing.assert_array_equal(array_of(told["changed"][0]), array_of(told["picture"])[:, ::-1])
    plain, _ = complete(jr.Recipe(network="flatten"), prepared)
    write_augmented(tmp_path / "none", plain, prepared)
    assert not (tmp_path / "none").exists()


def test_each_time_the_pictures_are_changed_otherwise() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 4, 1)).astype(np.float32)
    assert (changed_pictures((jr.RandomShift(0.0),), x, 0) == x).all()
    shifted = changed_pictures((jr.RandomShift(0.5),), x, 0)
    assert shifted.shape == (TIMES, *x.shape)
    assert len({one.tobytes() for one in shifted}) == TIMES


def test_a_run_on_texts_keeps_words_and_their_effects(tmp_path: Path) -> None:
    rows = [f"{'good' if i % 2 else 'bad'} film {'really' if i % 3 else 'so'}" for i in range(80)]
    lines = "".join(f"{text},{i % 2}\n" for i, text in enumerate(rows))
    (tmp_path / "reviews.csv").write_text("review,positive\n" + lines)
    data = jr.load(tmp_path / "reviews.csv", "positive", text="review")
    recipe = jr.Recipe(network="embedding 7 8, global_average_pool", epochs=12)
    run = jr.train(
        jr.Recipe(**(vars(recipe) | {"optimizer": jr.Adam(0.05)})), data, out=tmp_path / "run"
    )
    assert run.metrics["valid/accuracy"] == 1.0
    told = kept(tmp_path / "run")
    assert not any(one["is_cut"] for one in told["examples"])  # each fills the length, and ends
    for one in told["examples"]:
        effects = dict(one["units"])
        judged = effects["good" if "good" in effects else "bad"]
        assert judged > 0
        assert judged > max(
            effect for word, effect in effects.items() if word not in ("good", "bad")
        )


def test_a_forecast_keeps_its_interval_and_its_rivals(tmp_path: Path) -> None:
    steps = np.arange(120)
    values = 50 + 10 * np.sin(steps * np.pi / 6) + np.random.default_rng(0).normal(size=120)
    lines = "".join(
        f"{2000 + i // 12}-{i % 12 + 1:02d},{v:.3f}\n" for i, v in zip(steps, values, strict=True)
    )
    (tmp_path / "sales.csv").write_text("month,sales\n" + lines)
    data = jr.load(tmp_path / "sales.csv", forecast=3, window=12)
    run = jr.train(jr.Recipe(epochs=5, test=0.2), data, out=tmp_path / "run")
    told = kept(tmp_path / "run")
    assert told["kind"] == "forecast"
    assert told["interval"]["checked_on"] == "test"
    assert 0 <= told["interval"]["covered"] <= 1
    assert run.interval is not None
    assert open_run(tmp_path / "run").interval == run.interval
    assert run.prepared is not None
    assert run.prepared.valid is not None
    off = run._decoded(run.prepared.valid.y) - run._decoded(run.answers_of("valid").answer)
    within = (np.abs(off) <= run.interval.half_widths).mean(axis=0)
    assert (within >= run.interval.share).all()
    last = told["examples"][0]
    np.testing.assert_allclose(last["past"] + last["true"], values[-15:], atol=2e-3)
    np.testing.assert_allclose(last["naive"], [values[-4]] * 3, atol=2e-3)
    np.testing.assert_allclose(last["seasonal_naive"], values[-15:-12], atol=2e-3)
    network = np.mean(told["errors"]["network"])
    assert network == pytest.approx(run.metrics["test/mae"], rel=1e-4)
    baselines = open_run(tmp_path / "run").summary["baselines"]["test"]
    for which in ("naive", "seasonal_naive"):
        assert np.mean(told["errors"][which]) == pytest.approx(baselines[which]["mae"], rel=1e-4)


def test_series_are_kept_without_their_padding_in_their_own_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(100, 5, (40, 8, 2))
    data = jr.Data(x, np.arange(40) % 2)
    jr.train(jr.Recipe(network="flatten", epochs=1), data, out=tmp_path / "run")
    told = kept(tmp_path / "run")
    assert told["kind"] == "series"
    for one in told["examples"]:
        np.testing.assert_allclose(np.transpose(one["lines"]), x[one["row"] - 1], rtol=1e-4)


def test_a_table_keeps_none(tmp_path: Path) -> None:
    jr.train(jr.Recipe(network="dense 3 relu", epochs=1), jr.load("iris"), out=tmp_path / "run")
    assert not (tmp_path / "run" / "examples.json").exists()
    assert not (tmp_path / "run" / "augmented.json").exists()


@pytest.mark.parametrize(
    ("y", "learning_rate"),
    [
        (np.linspace(0, 1, 24), 1e-3),
        (np.random.default_rng(1).integers(0, 2, (24, 3)), 1e-3),
        (np.arange(24) % 3, 1e30),
        (np.linspace(0, 1, 24), 1e30),
    ],
    ids=["regression", "multilabel", "diverged", "diverged-regression"],
)
def test_every_task_and_a_diverged_run_have_their_pictures(
    y: Any, learning_rate: float, tmp_path: Path
) -> None:
    x = np.random.default_rng(0).uniform(size=(24, 4, 4, 4))
    task = "multilabel" if y.ndim == 2 else None
    optimizer = jr.SGD(learning_rate=learning_rate)
    recipe = jr.Recipe(network="conv 2 3, flatten", optimizer=optimizer, epochs=2)
    jr.train(recipe, jr.Data(x, y, task=task), out=tmp_path / "run")
    told = kept(tmp_path / "run")
    assert told["examples"]
    assert all(array_of(one["picture"]).shape == (4, 4, 1) for one in told["examples"])
    assert "pictures_seen" in {path.stem for path in write_pngs(tmp_path / "run", tmp_path / "p")}


class CutShort(Silent):
    """Ctrl-C at the first report of an epoch."""

    def __call__(self, report: EpochReport) -> None:
        raise KeyboardInterrupt


def test_a_report_shows_augmented_pictures_before_the_training_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(*_: Any, then: Callable[[], None]) -> Thread:
        """What is otherwise done beside the compilation."""
        thread = Thread(target=then)
        thread.start()
        thread.join()
        return thread

    monkeypatch.setattr("jaram.runs.train.compile_ahead", at_once)
    x = np.random.default_rng(0).uniform(size=(40, 5, 5, 1))
    recipe = jr.Recipe(network="flatten", augment="random_shift 0.2", epochs=50)
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        jr.train(recipe, jr.Data(x, np.arange(40) % 2), out=folder, progress=CutShort())
    assert not (folder / "examples.json").exists()
    assert '"augment":["random_shift 0.2"]' in (folder / "report.html").read_text(encoding="utf-8")
    jr.train(data=jr.Data(x, np.arange(40) % 2), resume=folder)
    assert kept(folder)["kind"] == "pictures"
