"""Curves from elsewhere: what each kind of source gives, epoch by epoch."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import jaram as jr
from jaram.doctor.evidence import Curves, Evidence
from jaram.doctor.patient import curves_of
from jaram.interop.logs import read_curves

NAN = float("nan")
TRAIN = [0.9, 0.5, 0.25, 0.125]
VALID = [1.0, 0.75, 0.5, 0.5]
COLUMNS = {"loss": TRAIN, "val_loss": VALID}


def check(curves: Curves, train: Any = TRAIN, valid: Any = VALID) -> None:
    for got, expected in ((curves.train_loss, train), (curves.valid_loss, valid)):
        if expected is None:
            assert got is None
        else:
            # Some sources hold float32.
            np.testing.assert_allclose(got, np.array(expected, np.float64), rtol=1e-7)
            assert got is not None and got.dtype == np.float64


def as_pandas() -> Any:
    return pytest.importorskip("pandas").DataFrame(COLUMNS)


def as_arrow() -> Any:
    return pytest.importorskip("pyarrow").table(COLUMNS)


ROWS = [{"loss": a, "val_loss": b} for a, b in zip(TRAIN, VALID, strict=True)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: COLUMNS,
        lambda: {name: np.array(values, np.float32) for name, values in COLUMNS.items()},
        lambda: {"history": COLUMNS, "best": 3, "name": "first"},
        lambda: {"train": {"loss": TRAIN}, "valid": {"loss": VALID}},
        lambda: ROWS,
        lambda: [row | {"batches": [{"loss": 1.0}]} for row in ROWS],
        lambda: pl.DataFrame(COLUMNS),
        lambda: pl.DataFrame(COLUMNS).lazy(),
        as_pandas,
        as_arrow,
        lambda: types.SimpleNamespace(evidence=lambda: read_curves(COLUMNS)),
        lambda: Curves(np.array(TRAIN), np.array(VALID)),
        lambda: Evidence(Curves(np.array(TRAIN), np.array(VALID))),
    ],
)
def test_what_is_in_memory(make: Callable[[], Any]) -> None:
    evidence = read_curves(make())
    check(evidence.curves)
    known = (evidence.vitals, evidence.recipe, evidence.optimizer, evidence.chance, evidence.ending)
    assert known == (None,) * 5


def test_a_list_of_losses() -> None:
    check(read_curves(TRAIN).curves, valid=None)
    check(read_curves(np.array(TRAIN)).curves, valid=None)


def test_losses_that_still_have_their_graph() -> None:
    torch = pytest.importorskip("torch")
    losses = [torch.tensor(loss, requires_grad=True) for loss in TRAIN]
    check(read_curves({"loss": losses, "val_loss": torch.tensor(VALID)}).curves)


def test_scores_and_rate() -> None:
    evidence = read_curves(
        COLUMNS | {"acc": [10, 50, 80, 90], "val_acc": [20, 40, 60, 70], "lr": [0.1, 0.1, 0.01, 0]}
    )
    curves = evidence.curves
    assert curves.score_name == "accuracy"
    np.testing.assert_allclose(curves.train_score, [0.1, 0.5, 0.8, 0.9])  # percents are shares
    np.testing.assert_allclose(curves.valid_score, [0.2, 0.4, 0.6, 0.7])
    np.testing.assert_allclose(curves.learning_rate, [0.1, 0.1, 0.01, 0])
    assert evidence.learning_rate == 0.1
    r2 = read_curves(COLUMNS | {"val_r2": [-3, 0, 0.5, 0.6]}).curves
    assert (r2.score_name, r2.train_score) == ("r2", None)


def test_the_user_names_columns() -> None:
    check(
        read_curves(
            {"a": TRAIN, "b": VALID, "loss": VALID}, names={"train/loss": "a", "valid/loss": "b"}
        ).curves
    )


# --- files --------------------------------------------------------------------------------------


def test_the_log_of_keras(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,accuracy,loss,val_loss\n0,0.5,0.9,1.0\n1,0.6,0.5,0.75\n2,0.7,0.25,0.5\n")
    check(read_curves(path).curves, TRAIN[:3], VALID[:3])
    path.write_text("epoch,loss,val_loss\n0,9,NA\n1,5,4\n2,4,NA\n3,3,2\n")  # validation_freq=2
    check(read_curves(path).curves, [5, 3], [4, 2])


LIGHTNING = """epoch,lr-SGD,step,test_loss,train_loss_epoch,train_loss_step,val_acc,val_loss
,0.1,0,,,,,
0,,4,,,0.95,,
0,,9,,,0.85,,
0,,9,,,,0.5,1.0
0,,9,,0.9,,,
,0.1,10,,,,,
1,,14,,,0.5,,
1,,19,,,,0.6,0.75
1,,19,,0.5,,,
,0.01,20,,,,,
2,,29,,,,0.7,0.5
2,,29,,0.25,,,
3,,30,0.6,,,,
"""


def test_the_log_of_lightning(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(LIGHTNING)
    sources: list[Any] = [path, tmp_path, pl.read_csv(path)]
    sources.append(pytest.importorskip("pandas").read_csv(path))
    for source in sources:
        evidence = read_curves(source)
        check(evidence.curves, TRAIN[:3], VALID[:3])
        assert evidence.curves.learning_rate is not None
        assert evidence.curves.learning_rate.tolist() == [0.1, 0.1, 0.01]
        assert evidence.curves.valid_score is not None
        assert evidence.curves.valid_score.tolist() == [0.5, 0.6, 0.7]
        assert evidence.ending is None


def test_losses_of_steps_are_averaged_over_the_epoch(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    rows = [line.split(",") for line in LIGHTNING.splitlines()]
    kept = [",".join(row[:4] + row[5:]) for row in rows if row[4] in ("", "train_loss_epoch")]
    path.write_text("\n".join(kept))
    check(read_curves(path).curves, [0.9, 0.5], VALID[:2])  # none was logged in epoch 2


def test_an_export_for_spreadsheets_in_korea(tmp_path: Path) -> None:
    path = tmp_path / "기록.csv"
    path.write_bytes("에폭;학습 손실;검증 손실\n1;0,9;1,0\n2;0,5;0,75\n".encode("cp949"))
    check(read_curves(path).curves, TRAIN[:2], VALID[:2])


def test_a_log_that_is_still_written(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.75\n3,0.2")
    check(read_curves(path).curves, TRAIN[:2], VALID[:2])
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + '{"loss": 0.0')
    check(read_curves(path).curves)


def test_a_log_that_was_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    first, second = "epoch,loss\n1,7\n2,6\n3,5\n", "epoch,loss\n1,0.9\n2,0.5\n"
    path.write_text(first + second)  # trained anew
    check(read_curves(path).curves, TRAIN[:2], None)
    path.write_text("epoch,loss\n1,0.9\n2,0.5\n3,8\n3,0.25\n2,0.75\n3,0.5\n")  # taken up at 2
    check(read_curves(path).curves, [0.9, 0.75, 0.5], None)


@pytest.mark.parametrize(
    "value",
    [
        COLUMNS,
        ROWS,
        {"loss": dict(enumerate(TRAIN)), "val_loss": dict(enumerate(VALID))},  # pandas' to_json
        {"history": COLUMNS, "params": {"epochs": 4}},
    ],
)
def test_json(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(value))
    check(read_curves(path).curves)
    path.write_text("\ufeff" + json.dumps(value, indent=2))
    check(read_curves(path).curves)


def test_the_state_of_hugging_faces_trainer(tmp_path: Path) -> None:
    history: list[dict[str, float]] = []
    for epoch in range(1, 5):
        for part in (0.5, 1.0):
            step = round(20 * (epoch - 1 + part))
            history.append({"epoch": epoch - 1 + part, "step": step, "loss": TRAIN[epoch - 1]})
            history[-1] |= {"learning_rate": 0.1, "grad_norm": 1.0}
        history.append({"epoch": epoch, "step": 20 * epoch, "eval_loss": VALID[epoch - 1]})
    history.append({"epoch": 4.0, "step": 80, "train_loss": 0.5, "train_runtime": 9.0})
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"best_metric": None, "log_history": history}))
    check(read_curves(path).curves)
    check(read_curves(tmp_path).curves)


def test_our_own_history(tmp_path: Path) -> None:
    recipe = jr.Recipe(network=(jr.Dense(4, "relu"),), epochs=4, stop=None)
    run = jr.train(recipe, "iris", out=tmp_path / "run")
    expected = curves_of(run.chronicle, run.task)
    for source in (tmp_path / "run" / "history.jsonl", run.history):
        got = read_curves(source).curves
        check(got, expected.train_loss, expected.valid_loss)
        np.testing.assert_array_equal(got.valid_score, expected.valid_score)
        np.testing.assert_array_equal(got.learning_rate, expected.learning_rate)


def test_tables_of_other_formats(tmp_path: Path) -> None:
    pl.DataFrame(COLUMNS).write_parquet(tmp_path / "log.parquet")
    check(read_curves(tmp_path / "log.parquet").curves)


# --- Keras --------------------------------------------------------------------------------------


class Optimizer:
    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class History:
    """What Keras' ``fit`` returns, as far as it is read."""

    def __init__(self, columns: dict[str, list[float]], optimizer: Any = None) -> None:
        self.history = columns
        self.params = {"epochs": 4, "steps": 10}
        self.epoch = [0, 1, 2, 3]
        self.model = types.SimpleNamespace(optimizer=optimizer)


def test_a_history_of_keras() -> None:
    sgd = type("SGD", (Optimizer,), {})(momentum=0.9, nesterov=False, learning_rate=np.array(0.5))
    evidence = read_curves(History(COLUMNS, sgd))
    check(evidence.curves)
    assert (evidence.optimizer, evidence.learning_rate) == ("momentum", 0.5)
    assert read_curves(History(COLUMNS)).optimizer is None
    assert read_curves(History(COLUMNS | {"learning_rate": [1, 1, 0.5, 0.5]})).learning_rate == 1


def test_a_history_that_was_validated_now_and_then() -> None:
    history = History({"loss": TRAIN, "val_loss": VALID[:2]})
    check(read_curves(history).curves, [0.5, 0.125], VALID[:2])


# --- divergence ---------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [NAN, float("inf")])
def test_a_training_that_diverged(end: float, tmp_path: Path) -> None:
    columns = {
        "loss": [0.9, 0.5, end, NAN],
        "val_loss": [1.0, 0.75, NAN, NAN],
        "acc": [0.5, 0.6, 0.0, 0.0],
    }
    path = tmp_path / "log.csv"
    sources: list[Any] = [columns, pl.DataFrame(columns), History(columns), path]
    sources.append(pytest.importorskip("pandas").DataFrame(columns))
    for source in sources:
        pl.DataFrame(columns).write_csv(path)
        evidence = read_curves(source)
        check(evidence.curves, [0.9, 0.5, end, NAN], [1, 0.75, NAN, NAN])
        assert evidence.has_diverged and evidence.best == 1


def test_nan_written_as_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.75\n3,,\n4,,\n")
    check(read_curves(path).curves, [0.9, 0.5, NAN, NAN], [1, 0.75, NAN, NAN])


def test_a_last_epoch_that_was_not_validated_yet(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n1,0.9,1.0\n2,0.5,0.75\n3,0.25,\n")
    evidence = read_curves(path)
    check(evidence.curves, TRAIN[:2], VALID[:2])
    assert not evidence.has_diverged


def test_divergence_after_the_last_validation(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows: list[dict[str, float]] = []
    for step in range(1, 36):
        rows.append({"step": step, "train_loss": NAN if step > 32 else 1 / step})
        if step % 10 == 0:
            rows.append({"step": step, "valid_loss": 2 / step})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    evidence = read_curves(path)
    assert evidence.curves.epochs == 3
    assert evidence.has_diverged


# --- long logs ----------------------------------------------------------------------------------


def test_rows_of_steps_are_epochs_while_they_are_few() -> None:
    few = read_curves({"step": np.arange(2000), "loss": np.arange(2000.0, 0, -1)})
    assert few.curves.epochs == 2000
    many = read_curves({"step": np.arange(10_000), "loss": np.arange(10_000.0, 0, -1)})
    assert many.curves.train_loss is not None
    assert many.curves.train_loss.tolist() == np.arange(9998.0, 0, -5).tolist()


def test_rows_of_steps_with_their_epoch() -> None:
    epoch = np.repeat(np.arange(6), 50)
    loss = 1.0 / (1 + epoch)
    for step in (np.arange(300), np.tile(np.arange(50), 6)):
        curves = read_curves({"epoch": epoch, "step": step, "loss": loss}).curves
        check(curves, 1.0 / np.arange(1, 7), None)
    assert read_curves({"batch": np.tile(np.arange(50), 6), "loss": loss}).curves.epochs == 300
