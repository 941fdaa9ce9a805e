"""Trainings of the suite and their evidence, with a cache for those who work on it."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import jaram as jr
from jaram.doctor.diagnosis import gather
from jaram.doctor.evidence import Evidence

T = TypeVar("T")


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

        def train() -> Evidence:
            self.trained += 1
            return gather(jr.train(recipe, data))

        return self.kept(key_of(recipe, data), train)

    def kept(self, key: str, make: Callable[[], T]) -> T:
        """What is kept under a key, made where nothing is."""
        path = None if self.folder is None else self.folder / f"{key}.pkl"
        if path is not None and path.is_file():
            found: T = pickle.loads(path.read_bytes())
            return found
        found = make()
        if path is not None:
            path.write_bytes(pickle.dumps(found))
        return found


def key_of(recipe: jr.Recipe, data: jr.Data) -> str:
    """A name for a training."""
    told = hashlib.sha256(repr(recipe).encode())
    for part in (data, data.valid):
        if part is None:
            continue
        if part.x is not None:
            told.update(part.x.tobytes())
        told.update(repr((part.name, part.task.kind, part.y.shape)).encode())
        told.update(repr(part.y.tolist()).encode())
    return told.hexdigest()[:24]
