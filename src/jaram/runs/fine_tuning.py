"""Fine-tuning: the recipe of a training that begins with a trained network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from jaram.begin import TrainedLayers
from jaram.errors import UsageError
from jaram.network.frozen import bare, frozen
from jaram.network.network import Network
from jaram.recipe import Recipe
from jaram.runs.origins import remembered

if TYPE_CHECKING:
    from jaram.runs.run import Run

Freeze = int | Literal["all"]


def fine_tuning(
    run: Run | str | Path,
    recipe: Recipe | None = None,
    *,
    layers: int | None = None,
    freeze: Freeze = 0,
    keep_head: bool = False,
) -> Recipe:
    """The recipe that trains the network of ``run`` on other data, for :func:`jaram.train`.

    Its layers begin with the weights and statistics that they have in ``run``, and the data is
    prepared as for ``run``; instead of its head, the last layer with weights and what follows it,
    there is a new one for the new answers.

    run: a run or its folder.
    recipe: what else there is to say. Its network stands between the trained layers and the new
        output layer; None stands for no such layers.
    layers: how many of its layers are taken, from the first; None: all before its head. The last
        layers of a network know most of its own answers and least of others.
    freeze: how many layers, from the first, stay exactly as they are
        (:class:`~jaram.network.Frozen`); ``"all"``: all that come trained, so that the network
        before the head only extracts features.
    keep_head: whether the head stays, too: for more data of the same task with the same classes.

    Raises UsageError for more layers than there are before the head, for more frozen ones than come
    trained, and for what does not go with a kept head; RunError for a folder that holds no run.
    """
    trained = _opened(run)
    network, known = trained.recipe.network or (), trained.recipe
    wanted = Recipe() if recipe is None else recipe
    most = len(network) if keep_head else head_place(network, trained)
    if not most:
        raise UsageError("runs.nothing_before_head")
    if keep_head and (wanted.network or layers is not None):
        raise UsageError("runs.head_kept_and_new")
    taken = most if layers is None else layers
    if not _is_count(taken, 1, most):
        raise UsageError("runs.bad_layers_taken", value=layers, most=most)
    body = tuple(map(bare, network[:taken]))
    count = taken if freeze == "all" else freeze
    if not _is_count(count, 0, taken):
        raise UsageError("runs.bad_freeze", value=freeze, most=taken)
    if keep_head and count == len(body):
        raise UsageError("runs.all_frozen")
    origin = remembered(trained)
    changes: dict[str, Any] = {
        "network": (*map(frozen, body[:count]), *body[count:], *(wanted.network or ())),
        "begin": TrainedLayers(origin.name, len(body), origin.fingerprint),
        "scale": known.scale,
        "categories": known.categories,
    }
    if wanted.augment == "auto":
        changes["augment"] = known.augment
    if keep_head:
        changes |= {"output": None, "loss": known.loss, "scale_target": known.scale_target}
    return dataclasses.replace(wanted, **changes)


def _is_count(value: object, least: int, most: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def head_place(network: Network, run: Run) -> int:
    """Where the head begins: at the last layer with weights."""
    with_weights = [place for place in range(len(network)) if _has_weights(run, place)]
    return with_weights[-1] if with_weights else 0


def _has_weights(run: Run, place: int) -> bool:
    return bool(run.params[place]) or "params" in run.network_state[place]


def _opened(run: Run | str | Path) -> Run:
    from jaram.runs.run import Run
    from jaram.runs.store import open_run

    if isinstance(run, str | Path):
        return open_run(run)
    if not isinstance(run, Run):
        raise UsageError("runs.not_a_run_to_begin_with", got=type(run).__name__)
    return run
