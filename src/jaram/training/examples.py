"""Which examples are trained on and which are evaluated after each epoch, as arrays on the host."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Part, Prepared
from jaram.data.stream import BLOCK_SHARE
from jaram.network.network import Network, widest
from jaram.training.evaluated import Watched, block_rows, blocks_of
from jaram.training.order import probe_rows
from jaram.training.probe import PROBE_ROWS
from jaram.training.supervised import Batch

FEWEST_SAMPLE_ROWS, MOST_SAMPLE_ROWS = 2048, 16384
"""Training rows that are evaluated after each epoch: as many as validation rows, within these
limits."""
SAMPLE_SHARE = 0.1
"""Of pictures, series and texts no more than this share is evaluated, or 512 rows."""
MOST_VALID_ROWS = 131_072
"""Validation rows that are evaluated after each epoch, at most: an accuracy is then known to ±0.3
points. The run's metrics at the end take all."""


def training_examples(prepared: Prepared) -> Batch:
    """The training part, all of it in memory."""
    return Batch(*_columns(_averaged(prepared.train)))


def watched_examples(prepared: Prepared, network: Network, shares: int) -> Watched:
    """The sample of the training part and the validation part (or its sample), and what the probe
    looks at; blocks that ``shares`` devices can share."""
    train, valid = prepared.train, prepared.valid
    sample, rows = sample_rows(prepared, network, shares)
    evaluated = [Batch(*_columns(train, sample))]
    if valid is not None and len(valid.x):
        evaluated.append(Batch(*_valid_columns(prepared, valid, train)))
    return Watched(
        evaluated=blocks_of(evaluated, rows),
        probe=Batch(*_columns(_averaged(train), probe_rows(len(train.x), PROBE_ROWS))),
        center=_center(prepared),  # type: ignore[arg-type]
    )


def _most_rows(prepared: Prepared, most: int) -> int:
    """At most ``most`` rows; of what blocks leave of a given memory, half is for those of the
    training part and half for those of the validation part."""
    if prepared.memory is None:
        return most
    per_row = 4 * math.prod(prepared.input_shape)
    return max(1, min(most, int((1 - BLOCK_SHARE) * prepared.memory / 2 / per_row)))


def _averaged(train: Part) -> Part:
    return dataclasses.replace(train, weight=average_one(train.weight))


def average_one(weight: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """Example weights as shares, so that a larger unit of theirs is not a larger learning rate."""
    if weight is None or not weight.any():
        return weight
    shares: NDArray[np.float32] = (weight / weight.mean(dtype=np.float64)).astype(np.float32)
    return shares


def sample_rows(prepared: Prepared, network: Network, shares: int) -> tuple[NDArray[np.int32], int]:
    """Training rows that are evaluated after each epoch, and how many rows a block has.

    Of pictures, series and texts fewer: there a row costs as much to evaluate as a third of a
    training step on it, while a table's rows are mostly overhead.
    """
    valid_rows = 0 if prepared.valid is None else len(prepared.valid.x)
    wanted = min(max(FEWEST_SAMPLE_ROWS, valid_rows), MOST_SAMPLE_ROWS)
    examples = len(prepared.train.x)
    if len(prepared.input_shape) > 1 or prepared.preparation.kind == "text":
        wanted = min(wanted, max(int(SAMPLE_SHARE * examples), FEWEST_SAMPLE_ROWS // 4))
    sample = probe_rows(examples, _most_rows(prepared, wanted))
    numbers = widest(network, prepared.input_shape)
    return sample, block_rows(numbers, len(sample), valid_rows, shares=shares)


def evaluated_rows(prepared: Prepared, valid: Part) -> NDArray[np.int32]:
    """Rows of the validation part that are evaluated after each epoch."""
    return probe_rows(len(valid.x), _most_rows(prepared, MOST_VALID_ROWS))


def _valid_columns(prepared: Prepared, valid: Part, train: Part) -> tuple[Any, Any, Any]:
    """The validation part or its sample; with weights if the training part has them."""
    x, y, weight = _columns(valid, evaluated_rows(prepared, valid))
    if weight is None and train.weight is not None:
        weight = np.ones(len(x), np.float32)
    return x, y, weight if train.weight is not None else None


def _center(prepared: Prepared) -> NDArray[np.float32]:
    if prepared.task.kind != "regression":
        return np.zeros(1, np.float32)
    return np.atleast_1d(prepared.train.y.mean(axis=0, dtype=np.float64)).astype(np.float32)


def _columns(part: Part, rows: NDArray[np.int32] | None = None) -> tuple[Any, Any, Any]:
    if rows is None or len(rows) == len(part.x):
        return part.x[:], part.y, part.weight
    return part.x[rows], part.y[rows], None if part.weight is None else part.weight[rows]
