"""What a training carries from step to step and from epoch to epoch."""

from __future__ import annotations

from typing import Any, NamedTuple

from jax import Array

from jaram.network.network import NetworkParams, NetworkState


class Best(NamedTuple):
    """The best epoch so far of one member.

    score: what stopping monitors, lower is better; inf before the first epoch. float32.
    epoch: 1-based; 0 before the first epoch. int32.
    params, network_state: as evaluated at that epoch.
    """

    score: Array
    epoch: Array
    params: NetworkParams
    network_state: NetworkState


class MemberState(NamedTuple):
    """All that one member carries. In a population every array has a leading axis of members.

    step, epoch: how many have been done, int32.
    waited: epochs since the score last improved, int32.
    is_stopped: nothing more happens to this member, bool.
    is_diverged: its loss or weights are no longer finite, bool.
    """

    params: NetworkParams
    network_state: NetworkState
    optimizer_state: Any
    average: Any
    plateau: Any
    step: Array
    epoch: Array
    waited: Array
    is_stopped: Array
    is_diverged: Array
    best: Best


class EpochRecord(NamedTuple):
    """What one epoch leaves behind, float32.

    losses: (steps,) of every minibatch. learning_rate: of the last step.
    metrics: (parts, names) in the order of ``monitors(task)``, of the training sample and, if
    there is one, of the validation part. One array, because each costs its share of compilation.
    vitals: (layers, len(VITAL_SIGNS)), see :mod:`jaram.training.probe`; (0, 0) when not taken.
    """

    losses: Array
    learning_rate: Array
    metrics: Array
    vitals: Array


class Advance(NamedTuple):
    """What one call of the program added.

    state: after it, arrays with a leading axis of ``plan.members``. records: NumPy, ``(members,
    count, ...)``.
    first, epochs: the first epoch it ran (from 0), and how many. seconds: wall time of the call.
    """

    state: MemberState
    records: EpochRecord
    first: int
    epochs: int
    seconds: float
