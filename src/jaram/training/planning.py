"""How a group is laid out on the devices there are, by what its steps cost.

The estimates are of operations, not of time measured: so they are the same on any machine.
"""

from __future__ import annotations

import math

import jax

from jaram.data.buckets import MOST_WIDTHS
from jaram.network.network import initial_params, table, widest
from jaram.training import devices
from jaram.training.examples import sample_rows
from jaram.training.group import Group
from jaram.training.layout import Plan
from jaram.training.probe import PROBE_ROWS
from jaram.training.widths import widths_for

CAPACITY_ROWS = 4_000_000
SHORT_SECONDS = 2.0
"""A training shorter than this is compiled quickly (1.1 s of processor time against 2.3 s)."""
STEP_SECONDS, CORE_RATE = 1e-5, 5e10
"""What a step costs beside its arithmetic, and floating-point operations a second of one core."""
WIDTH_SECONDS = 5.0
"""A training of so many seconds is worth one width of minibatches more."""
SHARED_SECONDS = 0.004
"""What a device has to do in a step, at least, for it to be worth waiting for the others."""
EXCHANGED_BYTES = 1e9
"""How many bytes of weights devices can exchange in a second, and update once more each."""
LANE_BYTES = 512 * 1024
MOST_LANES = 8


def plan_for(group: Group, takes_vitals: bool = True, most_devices: int | None = None) -> Plan:
    """How the group is laid out on the devices there are, or on so many of them.

    Lanes: several small members at once fill the core's vector units and share each minibatch's
    read, but their weights, gradients and moments must stay in its cache: measured on 20-64-32-1,
    batch 32, one member at a time took 2.8 ms an epoch, 8 at once 2.2 ms; from about 512 KiB on
    more lanes lose. The same goes for the signals of a minibatch. Convolutions train one member
    after another, because side by side they would be one grouped convolution, which is slow (8 and
    16 filters on 8×8: 23 ms an epoch and member in four lanes, 18 ms in one).
    """
    members, found = len(group.recipes), devices.available()
    most_devices = min(len(found), most_devices or len(found))
    used = min(most_devices, members)
    shares = _shares(group, most_devices // used) if found[0].platform == "cpu" else 1
    a_device = -(-members // used)
    assert group.first.network is not None
    params = initial_params(group.first.network, 0, group.prepared.input_shape)
    weights = sum(leaf.nbytes for leaf in jax.tree.leaves(params))
    is_on_cpu, kernels = found[0].platform == "cpu", (leaf.ndim for leaf in jax.tree.leaves(params))
    if is_on_cpu and max(kernels, default=0) > 2:
        most = 1
    elif is_on_cpu:
        signals = 4 * group.batch_size * widest(group.first.network, group.prepared.input_shape)
        most = max(1, min(MOST_LANES, LANE_BYTES // max(1, 4 * weights + signals)))
    else:
        most = a_device
    chunks = -(-a_device // most)
    sample, rows = sample_rows(group.prepared, group.first.network or (), shares)
    return Plan(
        task=group.prepared.task,
        takes_vitals=takes_vitals,
        is_short=is_short(group),
        has_valid=group.prepared.valid is not None and len(group.prepared.valid.x) > 0,
        train_blocks=-(-len(sample) // rows),
        chunks=chunks,
        lanes=-(-a_device // chunks),
        devices=used,
        shares=shares,
        capacity=max(1, min(32, CAPACITY_ROWS // (group.steps * group.batch_size), group.epochs)),
        widths=_widths(group),
    )


def _shares(group: Group, most: int) -> int:
    """How many of ``most`` devices share a minibatch: as many as each has enough to do for, and as
    its rows and the probe's can be parted for evenly.

    What counts is the work of layers that use a weight many times an example. A Dense layer is one
    product of matrices, which takes all cores by itself: two of 1,024 units took 484 ms an epoch
    alone and 803 ms shared. All weights are exchanged in every step.
    """
    if len(group.prepared.train.x) < PROBE_ROWS:
        return 1
    rows = table(group.first.network or (), group.prepared.input_shape)
    reused = sum(row.operations for row in rows if row.operations > 2 * row.parameters)
    exchanged = 4 * sum(row.parameters for row in rows) / EXCHANGED_BYTES
    work = _arithmetic_seconds(reused * group.batch_size)
    worthwhile = int(work / (SHARED_SECONDS + exchanged))
    parts = math.gcd(group.batch_size, PROBE_ROWS)
    fitting = range(1, max(1, min(most, worthwhile)) + 1)
    return max(count for count in fitting if parts % count == 0)


def _widths(group: Group) -> tuple[int, ...]:
    """Widths of minibatches: the more, the longer a member trains, since each is compiled.

    They decide on the order of the examples, so that they may not depend on who trains beside.
    """
    if not group.first.shuffle:
        return ()
    a_member = _estimated_seconds(group) / len(group.recipes)
    most = min(MOST_WIDTHS, int(a_member / WIDTH_SECONDS))
    return widths_for(group.first.network or (), group.prepared, most)


def is_short(group: Group) -> bool:
    """Whether the group trains in less time than a good compilation of its program takes."""
    return devices.available()[0].platform == "cpu" and _estimated_seconds(group) < SHORT_SECONDS


def _estimated_seconds(group: Group) -> float:
    """How long all epochs of all members would take one core, roughly; the same on any machine."""
    return len(group.recipes) * group.epochs * epoch_seconds(group)


def epoch_seconds(group: Group) -> float:
    """How long an epoch of one member would take one core, roughly; the same on any machine."""
    return group.steps * step_seconds(group)


def step_seconds(group: Group) -> float:
    """How long a step of one member would take one core, roughly; the same on any machine."""
    network, shape = group.first.network or (), group.prepared.input_shape
    operations = sum(row.operations for row in table(network, shape))
    return STEP_SECONDS + _arithmetic_seconds(operations * group.batch_size)


def _arithmetic_seconds(operations: int) -> float:
    """How long so many multiply-adds going forward, and what goes back, take one core, roughly."""
    return 6 * operations / CORE_RATE  # floating-point operations a multiply-add
