"""TensorBoard event files: the framing, the messages, and the folders that writers make."""

from __future__ import annotations

import warnings
from pathlib import Path

import event_files as made
import numpy as np
import pytest

from jaram.errors import DataError
from jaram.interop.logs import read_curves
from jaram.interop.tensorboard import Scalar, masked_crc, read_scalars

TRAIN = [0.9, 0.5, 0.375, 0.25]
VALID = [1.0, 0.625, 0.5, 0.5]
NAME = "events.out.tfevents.1700000000.host"


def test_the_check_sum_is_castagnolis() -> None:
    assert made.crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
    content = bytes(range(200))
    assert masked_crc(content).to_bytes(4, "little") == made.masked(content)


@pytest.mark.parametrize("kind", ["float", "double", "content", "half", "int"])
def test_a_scalar_is_read_however_it_is_stored(kind: str, tmp_path: Path) -> None:
    path = made.write(tmp_path / NAME, [made.event(7, [("a/b", made.tensor(3.0, kind))])])
    assert list(read_scalars(path)) == [Scalar("a/b", 7, 3.0)]


def test_what_is_no_scalar_is_passed_over(tmp_path: Path) -> None:
    histogram = made.field(5, made.field(1, b"12345678"))
    values = [
        ("weights", histogram),
        ("pair", made.tensor(1.0, "two")),
        ("note", made.tensor(1.0, "text")),
        ("손실", made.simple(0.5)),
    ]
    path = made.write(tmp_path / NAME, [made.event(300, values), made.event(-1, values[3:])])
    assert list(read_scalars(path)) == [Scalar("손실", 300, 0.5), Scalar("손실", -1, 0.5)]


def test_a_file_that_is_still_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = made.write(tmp_path / NAME, made.scalars("loss", TRAIN))
    whole = path.read_bytes()
    last = len(made.record(made.scalars("loss", TRAIN)[-1]))
    for cut in range(1, last + 1):
        path.write_bytes(whole[:-cut])
        assert len(list(read_scalars(path))) == len(TRAIN) - 1


def test_damage_is_told_with_its_place(tmp_path: Path) -> None:
    path = made.write(tmp_path / NAME, made.scalars("loss", TRAIN))
    whole = path.read_bytes()
    start = len(made.record(made.version()))
    for place in (start, start + 9, start + 20, start + 30):  # length, its sum, content
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DataError, match=rf"damaged at byte {start}\b"):
            read_curves(path)


def test_losses_in_one_file(tmp_path: Path) -> None:
    events = made.scalars("Loss/train", TRAIN) + made.scalars("Loss/valid", VALID)
    path = made.write(tmp_path / NAME, events)
    for source in (path, str(path), tmp_path):
        curves = read_curves(source).curves
        np.testing.assert_allclose(curves.train_loss, TRAIN, rtol=1e-6)
        np.testing.assert_allclose(curves.valid_loss, VALID)


@pytest.mark.parametrize(
    "train, valid, tag", [("train", "validation", "epoch_loss"), ("Loss_train", "Loss_val", "Loss")]
)
def test_each_part_in_a_folder_of_its_own(train: str, valid: str, tag: str, tmp_path: Path) -> None:
    made.write(tmp_path / train / NAME, made.scalars(tag, TRAIN))
    made.write(tmp_path / valid / NAME, made.scalars(tag, VALID))
    curves = read_curves(tmp_path).curves
    np.testing.assert_allclose(curves.train_loss, TRAIN, rtol=1e-6)
    np.testing.assert_allclose(curves.valid_loss, VALID)


def test_several_trainings_are_not_mixed(tmp_path: Path) -> None:
    for name in ("first", "second"):
        made.write(tmp_path / name / NAME, made.scalars("train/loss", TRAIN))
    made.write(tmp_path / "third" / NAME, made.scalars("reward", TRAIN))
    with pytest.raises(DataError, match=r"first, second\)"):
        read_curves(tmp_path)
    assert read_curves(tmp_path / "second").curves.epochs == 4


def test_a_resumed_training_goes_on_where_it_was_taken_up(tmp_path: Path) -> None:
    made.write(tmp_path / f"{NAME}.0", made.scalars("loss", [4, 3, 2.5, 9]))
    made.write(tmp_path / f"{NAME}.1", made.scalars("loss", [2, 1], first=3))
    loss = read_curves(tmp_path).curves.train_loss
    assert loss is not None and loss.tolist() == [4, 3, 2.5, 2, 1]


def test_steps_beside_epochs(tmp_path: Path) -> None:
    steps = np.repeat(TRAIN, 50)
    made.write(tmp_path / NAME, made.scalars("train/loss", steps) + made.scalars("val/loss", VALID))
    curves = read_curves(tmp_path).curves
    np.testing.assert_allclose(curves.train_loss, TRAIN, rtol=1e-6)
    np.testing.assert_allclose(curves.valid_loss, VALID)
    assert curves.steps is not None and curves.steps_per_epoch == 50


def test_validation_now_and_then(tmp_path: Path) -> None:
    steps = np.arange(40.0, 0.0, -1.0)
    valid = made.scalars("val/loss", VALID, first=9, every=10)
    made.write(tmp_path / NAME, made.scalars("train/loss", steps) + valid)
    curves = read_curves(tmp_path).curves
    assert curves.train_loss is not None
    assert curves.train_loss.tolist() == [35.5, 25.5, 15.5, 5.5]


def test_values_without_a_step_are_counted(tmp_path: Path) -> None:
    made.write(tmp_path / NAME, made.scalars("loss", TRAIN, every=0))
    assert read_curves(tmp_path).curves.epochs == 4


def test_a_writer_of_others(tmp_path: Path) -> None:
    """Files of PyTorch's writer, where TensorBoard is installed."""
    pytest.importorskip("tensorboard")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensorboard = pytest.importorskip("torch.utils.tensorboard")
        for new_style in (False, True):
            folder = tmp_path / str(new_style)
            with tensorboard.SummaryWriter(str(folder)) as writer:
                for epoch, (train, valid) in enumerate(zip(TRAIN, VALID, strict=True)):
                    writer.add_scalar("Loss/train", train, epoch, new_style=new_style)
                    writer.add_scalar("Loss/valid", valid, epoch, new_style=new_style)
                    writer.add_histogram("weights", np.arange(10.0), epoch)
            curves = read_curves(folder).curves
            np.testing.assert_allclose(curves.train_loss, TRAIN, rtol=1e-6)
            np.testing.assert_allclose(curves.valid_loss, VALID)
