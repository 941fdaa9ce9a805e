"""The trained networks that others begin with: found by the fingerprint of their weights, or read
from their run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jaram.begin import TrainedLayers
from jaram.data.origin import Origin
from jaram.errors import RunError
from jaram.runs import tensors
from jaram.runs.files import fingerprint

if TYPE_CHECKING:
    from jaram.runs.run import Run

_known: dict[str, Origin] = {}
"""Those that this process has seen, by fingerprint: a run need not be saved to be begun with."""


def origin_of(begin: TrainedLayers) -> Origin:
    """The trained network that ``begin`` names.

    Raises RunError if its run is not to be found or no run, and if its weights are others than
    ``begin`` knows.
    """
    if begin.weights in _known:
        return _known[begin.weights]
    if not begin.run:
        raise RunError("runs.origin_unsaved")
    from jaram.runs.store import open_run

    found = remembered(open_run(begin.run))
    if begin.weights not in ("", found.fingerprint):
        raise RunError("runs.origin_altered", path=begin.run)
    return found


def remembered(run: Run) -> Origin:
    """The network of ``run`` as something to begin with, which :func:`origin_of` finds again."""
    weights = fingerprint(tensors.encode((run.params, run.network_state), {}))
    if weights not in _known or not _known[weights].name:
        _known[weights] = Origin(
            weights,
            "" if run.folder is None else str(Path(run.folder).absolute()),
            run.preparation,
            run.recipe.network or (),
            run.params,
            run.network_state,
        )
    return _known[weights]
