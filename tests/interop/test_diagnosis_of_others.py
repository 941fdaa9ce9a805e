"""The doctor on trainings from elsewhere, from the source to the finding."""

from __future__ import annotations

from pathlib import Path

import event_files as made
import numpy as np
import pytest

import jaram as jr
from jaram.errors import JaramError, UsageError
from jaram.messages import set_language

EPOCHS = np.arange(1, 41)
NAN = float("nan")


def course(floor: float, pace: float) -> np.ndarray:
    """A loss that falls from about 1 to a floor."""
    return floor + (1 - floor) * np.exp(-EPOCHS / pace)


def test_a_sound_training() -> None:
    score = 0.9 - 0.5 * np.exp(-EPOCHS / 6)
    diagnosis = jr.diagnose(
        {
            "loss": course(0.2, 6),
            "val_loss": course(0.25, 6),
            "accuracy": score,
            "val_accuracy": score - 0.02,
        }
    )
    assert not diagnosis.names
    assert {"dead_units", "unscaled_input", "wrong_loss"} <= set(diagnosis.unknown)


def test_what_was_learnt_by_heart(tmp_path: Path) -> None:
    valid = course(0.4, 4) + 0.01 * EPOCHS
    events = made.scalars("Loss/train", course(0, 8)) + made.scalars("Loss/valid", valid)
    made.write(tmp_path / "events.out.tfevents.1.host", events)
    assert "overfitting" in jr.diagnose(tmp_path).names


def test_a_training_that_diverged() -> None:
    loss = [1.0, 0.9, 4.0, 70.0, 9e4, NAN, NAN]
    diagnosis = jr.diagnose({"train_loss": loss, "valid_loss": loss})
    assert diagnosis[0].severity == "grave"
    told = {*diagnosis.names, *(finding.name for finding in diagnosis.symptoms)}
    assert told & {"diverged", "exploding_gradient", "learning_rate_too_high"}
    for language in ("en", "ko"):
        set_language(language)
        assert diagnosis[0].explain()
    set_language(None)


@pytest.mark.parametrize("bias", [0.0, -20.0])
def test_a_watched_loop(bias: float) -> None:
    torch = pytest.importorskip("torch")
    from jaram.interop.torch import watch

    torch.manual_seed(0)
    x = torch.randn(256, 4)
    y = (x.sum(dim=1) > 0).long()
    module = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    torch.nn.init.constant_(module[0].bias, bias)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.3)
    watcher = watch(module, optimizer, chance=float(y.bincount().max()) / len(y))
    for _ in range(20):
        for rows in torch.randperm(256).split(32):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(module(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            watcher.step(loss)
        share = (module(x).argmax(dim=1) == y).float().mean()
        watcher.epoch(valid_loss=loss, train_score=share, valid_score=share)
    diagnosis = jr.diagnose(watcher)
    if bias:
        assert diagnosis.names[0] == "dead_units"
        assert diagnosis[0].evidence["what"] == "linear 16 relu (0)"
    else:
        assert not [finding for finding in diagnosis if finding.severity == "grave"]
        assert share > 0.9


def test_columns_are_named_for_a_diagnosis(tmp_path: Path) -> None:
    straight = {"mine": [1 - 0.02 * epoch for epoch in range(30)]}
    with pytest.raises(JaramError):
        jr.diagnose(straight)
    assert jr.diagnose(straight, names={"train/loss": "mine"}).names == ("learning_rate_too_low",)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="names="):
        jr.diagnose(tmp_path, names={"train/loss": "mine"})
