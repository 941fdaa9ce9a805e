"""Evidence made up of data and of answers that a network might have given, without a training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from seeded import prepared_for

from jaram.data.data import Data
from jaram.data.prepare import Prepared
from jaram.defaults import complete
from jaram.doctor import patient
from jaram.doctor.baselines import judged
from jaram.doctor.evidence import Curves, Evidence
from jaram.doctor.finding import Finding
from jaram.doctor.preflight import preflight
from jaram.doctor.registry import all_definitions
from jaram.recipe import Recipe
from jaram.training.outputs import Answers

Array = NDArray[Any]


def evidence_of(data: Data, answer: Any = None, **fields: Any) -> Evidence:
    """Evidence of a network that gives ``answer(part)`` for a part: class probabilities
    ``(rows, classes)``, or numbers ``(rows, outputs)``; None is the right answer."""
    recipe = Recipe(**fields)
    prepared = prepared_for(recipe, data)
    completed = complete(recipe, prepared)[0]
    told = {
        name: _answers(prepared, part, answer)
        for name, part in (("train", prepared.train), ("valid", prepared.valid))
        if part is not None
    }
    scores = {name: _score(prepared, name, told[name]) for name in told}
    curve = np.linspace(1.0, 0.5, 10)
    return Evidence(
        curves=Curves(
            train_loss=curve,
            valid_loss=curve,
            train_score=np.full(10, scores["train"]),
            valid_score=np.full(10, scores["valid"]) if "valid" in scores else None,
            score_name=patient.score_name(prepared.task),
        ),
        recipe=completed,
        task=prepared.task,
        input_shape=prepared.input_shape,
        optimizer="adam",
        ending="completed",
        best_epoch=10,
        notes=preflight(completed, prepared, data),
        prepared=prepared,
        chance=patient.chance(prepared.task, prepared, None),
        answers=told,
    )


def guess(part: Any) -> np.ndarray:
    """The most frequent class, or the mean."""
    if part.y.dtype.kind == "f":
        return np.zeros(part.y.shape)
    return np.tile(np.bincount(part.y) / len(part.y), (len(part.y), 1))


def _answers(prepared: Prepared, part: Any, answer: Any) -> Answers:
    task, empty = prepared.task, np.zeros((len(part), 0))
    if task.kind == "regression":
        given = np.asarray(part.y if answer is None else answer(part), float).reshape(part.y.shape)
        return Answers(given, given, empty, np.zeros(len(part)))
    k = len(task.classes)
    given = np.eye(k)[part.y] if answer is None else np.asarray(answer(part), float)
    return Answers(np.log(given + 1e-9), given.argmax(axis=1), given, np.zeros(len(part)))


def _score(prepared: Prepared, name: str, told: Answers) -> float:
    part = prepared.train if name == "train" else prepared.valid
    assert part is not None
    if prepared.task.kind == "regression":
        return judged(prepared.task, np.asarray(part.y, float), np.asarray(told.answer)).score
    return float(np.mean(told.answer == part.y))


def found(name: str, evidence: Evidence) -> list[Finding]:
    """What the rule of a name finds; every finding has its words in both languages."""
    definition = all_definitions()[name]
    assert all(evidence.has(kind) for kind in definition.reads)
    findings = definition.judge(evidence)
    for finding in findings:
        assert finding.explain("en") and finding.explain("ko")
        assert finding == Finding.from_json(finding.to_json())
    return findings


def severities(name: str, evidence: Evidence) -> list[str]:
    """How bad each of them is."""
    return [finding.severity for finding in found(name, evidence)]
