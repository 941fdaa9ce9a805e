"""Trainings of the suite and their evidence, with a cache for those who work on it."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import jaram as jr
from jaram.doctor.diagnosis import gather
from jaram.doctor.evidence import Evidence


class Trainer:
    """Trains a recipe on data once and hands out the evidence.

    folder: where evidence is kept between runs of the benchmark, in pickles that only this machine
    wrote; None keeps nothing. It has to be emptied when the engine or the evidence changes.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.trained = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def evidence(self, recipe: jr.Recipe, data: jr.Data) -> Evidence:
        """What the training left behind."""
        key = _key(recipe, data)
        path = None if self.folder is None else self.folder / f"{key}.pkl"
        if path is not None and path.is_file():
            found: Evidence = pickle.loads(path.read_bytes())
            return found
        self.trained += 1
        found = gather(jr.train(recipe, data))
        if path is not None:
            path.write_bytes(pickle.dumps(found))
        return found


def _key(recipe: jr.Recipe, data: jr.Data) -> str:
    told = hashlib.sha256(repr(recipe).encode())
    for part in (data, data.valid):
        if part is None:
            continue
        if part.x is not None:
            told.update(part.x.tobytes())
        told.update(repr((part.name, part.task.kind, part.y.shape)).encode())
        told.update(repr(part.y.tolist()).encode())
    return told.hexdigest()[:24]
