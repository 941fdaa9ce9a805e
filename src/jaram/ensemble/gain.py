"""The gain: what the team answers better than its members, and how much they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.task import Task
from jaram.ensemble.votes import Floats, decided
from jaram.messages import Language, text
from jaram.messages.width import table_lines
from jaram.objective.metrics import evaluate, full_name, higher_is_better
from jaram.runs.evaluation import calibration, calibration_error

TOLD = ("accuracy", "label_accuracy", "log_loss", "calibration_error", "r2", "rmse", "mae")
"""Metrics that a person is shown, in this order."""


@dataclass(frozen=True)
class Gain:
    """Members and team on the same rows.

    part: "test", or "valid" if there is no test part, or "train". team, members: metrics by name,
    the expected calibration error among them. diversity: see :func:`diversity`.
    """

    part: str
    rows: int
    vote: str
    team: dict[str, float]
    members: tuple[dict[str, float], ...]
    diversity: dict[str, float]

    def mean(self, metric: str) -> float:
        """The metric of a single member, on average; NaN if one does not have it."""
        return float(np.mean([member.get(metric, np.nan) for member in self.members]))

    def best(self, metric: str) -> float:
        """The metric of the member that is best by it, as is only seen afterwards; another metric
        may have another best member."""
        choose = max if higher_is_better(metric) and metric != "calibration_error" else min
        return float(choose(member.get(metric, np.nan) for member in self.members))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "part": self.part,
            "rows": self.rows,
            "vote": self.vote,
            "team": self.team,
            "mean_member": {name: self.mean(name) for name in self.team},
            "best_member": {name: self.best(name) for name in self.team},
            "members": list(self.members),
            "diversity": self.diversity,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Gain:
        """The inverse of :meth:`to_json`."""
        return cls(
            str(told["part"]),
            int(told["rows"]),
            str(told["vote"]),
            _numbers(told["team"]),
            tuple(_numbers(member) for member in told["members"]),
            _numbers(told["diversity"]),
        )

    def report(self, lang: Language | None = None) -> str:
        """The gain as a table and a sentence on diversity, in English or Korean."""
        shown = [name for name in TOLD if name in self.team]
        rows = [
            [
                _name(metric, lang),
                *(f"{value:.4f}" for value in (self.mean(metric), self.best(metric))),
                f"{self.team[metric]:.4f}",
            ]
            for metric in shown
        ]
        header = ["", *(text(f"ensemble.column_{name}", lang=lang) for name in _COLUMNS)]
        part = text(f"report.part_{self.part}", lang=lang)
        vote = text(f"ensemble.vote_{self.vote}", lang=lang)
        values = {"members": len(self.members), "rows": self.rows, "part": part, "vote": vote}
        lines = [text("ensemble.head", lang=lang, **values)]
        lines += ["", *table_lines(header, rows, numbers=len(_COLUMNS))]
        more = self._diversity_told(lang)
        if self.vote == "weighted" and self.part == "valid":
            more.append(text("ensemble.optimistic", lang=lang))
        return "\n".join([*lines, *([""] if more else []), *more])

    def _diversity_told(self, lang: Language | None) -> list[str]:
        told = self.diversity
        if "disagreement" in told:
            return [text("ensemble.disagreement", lang=lang, share=f"{told['disagreement']:.1%}")]
        if "ambiguity" in told:
            values = {name: f"{value:.4g}" for name, value in told.items()}
            return [text("ensemble.ambiguity", lang=lang, **values)]
        return []


_COLUMNS = ("mean", "best", "team")


def _name(metric: str, lang: Language | None) -> str:
    if metric == "calibration_error":
        return text("ensemble.calibration_error", lang=lang)
    return full_name(metric, lang)


def _numbers(told: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in told.items() if value is not None}


def measured(task: Task, truth: NDArray[Any], voice: NDArray[Any]) -> dict[str, float]:
    """The task's metrics of what a member or the team says, and its calibration error, as far as
    they are finite.

    truth: class numbers, 0/1 labels, or numbers in the target's own unit. voice: as in
    :func:`jaram.ensemble.votes.united`.
    """
    if task.kind == "regression":
        return evaluate(task, truth, voice)
    p = voice.astype(np.float32)  # so that members and team are kept off 0 by the same epsilon
    found = evaluate(task, truth, p, answer=decided(voice, task))
    if task.kind == "multilabel":
        yes = p.reshape(-1)
        bins = calibration(truth.reshape(-1).astype(np.int64), np.stack([1 - yes, yes], axis=1))
    else:
        bins = calibration(truth, p)
    return _finite(found | {"calibration_error": calibration_error(bins)})


def _finite(found: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in found.items() if np.isfinite(value)}


def diversity(task: Task, truth: NDArray[Any], voices: Floats, weights: Floats) -> dict[str, float]:
    """How much the members differ; empty for a team of one, or of numbers that are not finite.

    Of a classification ``disagreement``: the share of rows (and labels) that two members answer
    differently, averaged over all pairs. Of a regression the ambiguity decomposition (Krogh and
    Vedelsby, 1995), in squared units of the target: ``team_error`` of the weighted mean =
    ``member_error`` − ``ambiguity``, where ``member_error`` is the members' mean squared error and
    ``ambiguity`` their mean squared distance from the team's answer.
    """
    if len(voices) < 2:
        return {}
    if task.kind == "regression":
        mean = np.tensordot(weights, voices, axes=1)
        errors = np.mean((voices - truth) ** 2, axis=(1, 2))
        distances = np.mean((voices - mean) ** 2, axis=(1, 2))
        told = {
            "member_error": float(weights @ errors),
            "ambiguity": float(weights @ distances),
            "team_error": float(np.mean((mean - truth) ** 2)),
        }
        return told if np.isfinite(list(told.values())).all() else {}
    answers = [decided(voice, task) for voice in voices]
    apart = [float(np.mean(one != other)) for one, other in combinations(answers, 2)]
    return {"disagreement": float(np.mean(apart))}
