"""The study: what a search tried and what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.interval import Gain, Scale, paired_gain
from jaram.recipe import Recipe
from jaram.searches.space import Space

if TYPE_CHECKING:
    import polars

    from jaram.messages import Language
    from jaram.runs.run import Run
    from jaram.searches.lineage import Stretch


@dataclasses.dataclass(frozen=True)
class Settings:
    """How the search was asked for.

    trials: how many are drawn. seeds: how many each is trained from. seed: of the drawing. metric,
    part: what the score is of; higher is better. worst, rows: the lowest score that counts, and how
    many rows it is a share of (None: it is no share). fingerprint: of the prepared data.
    """

    strategy: str
    trials: int
    seeds: int
    seed: int
    metric: str
    part: str
    worst: float
    rows: int | None
    fingerprint: str

    @property
    def is_one_training(self) -> bool:
        """Whether trials are the stages of one training, each later than its parent, not rivals."""
        return self.strategy == "panda"

    @property
    def scale(self) -> Scale:
        """What is known of a score."""
        return Scale(self.worst, 1.0, self.rows)


@dataclasses.dataclass(frozen=True)
class Trial:
    """One trial as far as it was trained.

    number: from 0. point: in the unit cube. values: what was drawn, by path. scores: one a seed.
    loss: decides between equal scores; None if not finite. epochs: trained, all seeds together.
    rung, share: how far it was asked to come. status: done, dropped as weak, diverged, cut short by
    the budget. parent: the trial whose state it went on from at this rung; None for its own. curve:
    the mean score after each epoch, a parent's before it went on from there included. ends: the
    losses of the training and the validation part at its last epoch; None if not finite.
    """

    number: int
    point: tuple[float, ...]
    values: dict[str, Any]
    scores: tuple[float, ...]
    loss: float | None
    epochs: int
    seconds: float
    rung: int
    share: float
    status: str
    parent: int | None = None
    curve: tuple[float, ...] = ()
    ends: tuple[float, float] | None = None

    @property
    def score(self) -> float:
        """The mean over seeds."""
        return float(np.mean(self.scores))

    @property
    def rank(self) -> tuple[float, float]:
        """What trials are ordered by, higher is better: the score, then the loss."""
        return self.score, -np.inf if self.loss is None else -self.loss


@dataclasses.dataclass(frozen=True)
class Confirmed:
    """The winner trained again, from seeds and in minibatches that it was not chosen by.

    chosen: its score when it was chosen. scores: of the fresh trainings.
    """

    trial: int
    chosen: float
    scores: tuple[float, ...]

    @property
    def optimism(self) -> float:
        """How much better it looked when it was chosen: the best of many is also the luckiest."""
        return self.chosen - float(np.mean(self.scores))


@dataclasses.dataclass(frozen=True)
class Compilations:
    """What the trials cost beside their training.

    structures: how many different ones were drawn. programs: how many were compiled for them;
    those of different widths and activations share one where that takes less time. seconds: of all
    threads together.
    """

    structures: int
    programs: int
    seconds: float


@dataclasses.dataclass(frozen=True, eq=False)
class Study:
    """What a search found.

    space, settings: what was asked for. trials: in the order in which they were drawn.
    confirmed: the winner on fresh seeds. best: a run of it, from the first of these seeds; both
    None if no trial could be trained at all. seconds: wall time. records: every trial at every
    rung, in the order of the rounds that asked for them. compilations: of the trials, by the
    search that finished the study; None where it is not known.
    """

    space: Space
    settings: Settings
    trials: tuple[Trial, ...]
    confirmed: Confirmed | None = None
    best: Run | None = None
    seconds: float = 0.0
    folder: Path | None = None
    records: tuple[Trial, ...] = ()
    compilations: Compilations | None = None

    def __repr__(self) -> str:
        told = (
            "" if self.confirmed is None else f", {self.settings.metric} {self.interval.mean:.4g}"
        )
        return f"Study({self.settings.strategy}, {len(self.trials)} trials{told})"

    @cached_property
    def winner(self) -> Trial | None:
        """The trial with the best score of those that came furthest; None if all diverged."""
        return winner_of(self.trials)

    @property
    def values(self) -> dict[str, Any]:
        """What the winner's fields are, by path."""
        return {} if self.winner is None else self.winner.values

    @cached_property
    def schedule(self) -> tuple[Stretch, ...]:
        """The winner's knobs, stretch by stretch; one where they did not change on the way."""
        from jaram.searches.lineage import lineage

        if self.winner is None:
            return ()
        return lineage(self.records or self.trials, self.winner)

    @property
    def recipe(self) -> Recipe | None:
        """The winner's recipe; where its knobs changed on the way (:attr:`schedule`), the last."""
        if self.winner is None:
            return None
        return self.space.at(np.array(self.winner.point)).recipe

    @property
    def interval(self) -> Gain:
        """The winner's score on fresh seeds, with its 95% interval; NaN without a winner."""
        scores = np.array([np.nan] if self.confirmed is None else self.confirmed.scores)
        return paired_gain(np.zeros(len(scores)), scores, scale=self.settings.scale)

    @cached_property
    def table(self) -> polars.DataFrame:
        """One row a trial: trial, values by path (null where an option was not drawn), score,
        epochs, seconds, rung, status. Rows of panda are stages of one training: diverged, kept (the
        winner goes on from it), or given_up."""
        import polars

        columns: dict[str, Any] = {"trial": [trial.number for trial in self.trials]}
        for path in self.space.dimensions:
            cells = [trial.values.get(path) for trial in self.trials]
            kinds = {type(cell) for cell in cells if cell is not None}
            is_mixed = len(kinds) > 1 and not kinds <= {int, float}
            columns[path] = [str(cell) if is_mixed and cell is not None else cell for cell in cells]
        columns |= {
            "score": [trial.score for trial in self.trials],
            "epochs": [trial.epochs for trial in self.trials],
            "seconds": [trial.seconds for trial in self.trials],
            "rung": [trial.rung for trial in self.trials],
            "status": self._statuses(),
        }
        return polars.DataFrame(columns, strict=False)

    def _statuses(self) -> list[str]:
        """Of each trial; a stage of one training is no rival that was dropped."""
        if not self.settings.is_one_training:
            return [trial.status for trial in self.trials]
        parents = {trial.number: trial.parent for trial in self.trials}
        kept, last = set(), None if self.winner is None else self.winner.number
        while last is not None:
            kept.add(last)
            last = parents[last]
        told = {True: "kept", False: "given_up"}
        is_own = ("diverged", "cut")
        return [
            trial.status if trial.status in is_own else told[trial.number in kept]
            for trial in self.trials
        ]

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """The trials as points of the unit cube ``(trials, dimensions)``."""
        return np.array([trial.point for trial in self.trials]).reshape(len(self.trials), -1)

    def importance(self, bootstraps: int = 16) -> polars.DataFrame:
        """How much of the variance of the score each dimension explains: path, importance, low,
        high, the largest first (:mod:`jaram.searches.importance`)."""
        from jaram.searches.importance import importance

        return importance(self, bootstraps)

    def interactions(self, bootstraps: int = 16) -> polars.DataFrame:
        """What each pair of dimensions explains beyond the two alone: first, second, importance,
        low, high, the largest first."""
        from jaram.searches.importance import interactions

        return interactions(self, bootstraps)

    def write_report(self, path: str | Path, lang: Language | None = None) -> Path:
        """Draw the study as one page, which opens in ``lang``; a ``path`` that does not end in
        ``.html`` is a folder for pictures (PNG). Returns ``path``."""
        from jaram.report.png import write_search_pngs
        from jaram.report.search_html import write_search_report

        path = Path(path)
        if path.suffix == ".html":
            return write_search_report(self, path, lang)
        write_search_pngs(self, path, lang)
        return path

    def report(self, lang: Language | None = None) -> str:
        """The study in words."""
        from jaram.searches.telling import told

        return told(self, lang)

    def save(self, folder: str | Path) -> Study:
        """Write the study to a new folder of open formats."""
        from jaram.searches.files import save

        return save(self, Path(folder))

    @staticmethod
    def open(folder: str | Path) -> Study:
        """The study in a folder that a search or :meth:`save` wrote."""
        from jaram.searches.files import open_study

        return open_study(Path(folder))


def latest(records: Sequence[Trial]) -> tuple[Trial, ...]:
    """Each trial where it came furthest, in the order of their numbers."""
    found: dict[int, Trial] = {}
    for trial in records:
        if trial.number not in found or trial.rung >= found[trial.number].rung:
            found[trial.number] = trial
    return tuple(found[number] for number in sorted(found))


def finalists(trials: Sequence[Trial]) -> list[Trial]:
    """Those that came furthest without diverging, the best first, equals in their order."""
    scored = [trial for trial in trials if trial.status != "diverged" and trial.epochs]
    furthest = max((trial.share for trial in scored), default=0.0)
    last = [trial for trial in scored if trial.share == furthest]
    return sorted(last, key=lambda trial: trial.rank, reverse=True)


def winner_of(trials: Sequence[Trial]) -> Trial | None:
    """The best score of those that came furthest; the first of equals."""
    return next(iter(finalists(trials)), None)
