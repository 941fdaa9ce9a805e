"""The ensemble: trained networks that answer together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jaram.data.preparation import Preparation
from jaram.data.task import Task
from jaram.ensemble import fitting
from jaram.ensemble.gain import Gain, diversity, measured
from jaram.ensemble.members import checked, have_in_common, require_whole, seeded, with_data
from jaram.ensemble.votes import VOTES, Floats, Vote, decided, said, united
from jaram.errors import RunError, UsageError
from jaram.messages import Language, text
from jaram.messages.nearest import suggestion
from jaram.progress import Progress
from jaram.recipe import Recipe
from jaram.runs.run import Run, read_examples, read_inputs

if TYPE_CHECKING:
    from jaram.ensemble.kinds import Kind
    from jaram.searches.study import Study


class Saved(NamedTuple):
    """What a team that was opened from its folder knows of the time when it was saved."""

    metrics: dict[str, float]
    gain: Gain | None


class Voices(NamedTuple):
    """What the members say of a part, ``(members, n, outputs)``, and the truth as metrics take
    it."""

    voices: Floats
    truth: NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble:
    """Runs that answer together: as one predictor with the methods of a :class:`Run`.

    members: runs of one task from the same columns; each prepares its inputs in its own way.
    vote: "soft", the mean of the members' probabilities or numbers; "hard", the answer that most of
        them decide on, the median of numbers; "weighted", the weighted mean.
    weights: of a weighted vote, one a member; None fits them to the validation part, and to that
        part only. They are kept summing to 1; those of the other votes are equal.
    folder, saved: of a team that has a folder.

    Raises UsageError for members that do not fit together, an unknown vote, weights that are none.
    """

    members: Sequence[Run]
    vote: Vote = "soft"
    weights: Sequence[float] | None = None
    folder: Path | None = None
    saved: Saved | None = None

    def __post_init__(self) -> None:
        members = checked(self.members)
        _require_vote(self.vote)
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "weights", self._settled(members))

    def _settled(self, members: tuple[Run, ...]) -> tuple[float, ...]:
        if self.vote != "weighted":
            equal = (1 / len(members),) * len(members)
            if self.weights is not None and tuple(self.weights) != equal:
                raise UsageError("ensemble.weights_need_vote")
            return equal
        if self.weights is None:
            return fitting.fitted_weights(members)
        given = tuple(float(weight) for weight in self.weights)
        total = math.fsum(given)
        if len(given) != len(members) or not total > 0 or not all(w >= 0 for w in given):
            raise UsageError("ensemble.bad_weights", members=len(members), weights=list(given))
        if not math.isfinite(total):
            raise UsageError("ensemble.bad_weights", members=len(members), weights=list(given))
        return tuple(weight / total for weight in given)

    @classmethod
    def chosen(cls, runs: Sequence[Run], size: int = 10) -> Ensemble:
        """A team of at most ``size`` places, chosen greedily from ``runs`` by validation.

        A run may fill several places, and then has so many votes. See
        :func:`jaram.ensemble.fitting.greedy_counts`. No data is taken: the runs' own validation
        answers decide. With few validation rows, runs that are equally good are better left to vote
        all together. Raises UsageError if there are none.
        """
        runs = with_data(checked(runs))
        counts = fitting.greedy_counts(runs, size)
        chosen = [(run, count) for run, count in zip(runs, counts, strict=True) if count]
        return cls([run for run, _ in chosen], "weighted", [count for _, count in chosen])

    @classmethod
    def of_study(
        cls, study: Study, data: Any, *, best: int = 10, size: int = 10, budget: float | None = None
    ) -> Ensemble:
        """A team chosen greedily by validation (:meth:`chosen`) from the ``best`` trials of a
        search, which are trained again on the ``data`` of the search.

        Trials were ranked by the validation rows that choose here once more, so the team's own
        validation score flatters it; the test part, which neither read, does not. Raises UsageError
        if no trial could be trained, or if ``data`` is not what was searched.
        """
        from jaram.ensemble.kinds import best_of

        return cls.chosen(best_of(study, data, best, budget), size)

    @classmethod
    def trained(
        cls,
        recipe: Recipe | None = None,
        data: Any = None,
        *,
        size: int = 10,
        kind: Kind = "seeds",
        vote: Vote = "soft",
        out: str | Path | None = None,
        budget: float | None = None,
        progress: Progress | None = None,
    ) -> Ensemble:
        """``size`` networks of one recipe as a team.

        kind: ``"seeds"``: from as many seeds, as one population; ``"bagging"``: the same, each on
            a bootstrap of the training rows of its own; ``"snapshot"``: where one training stood
            at the end of each of as many cosine cycles (its schedule and its early stopping give
            way to these).
        recipe, data, budget, progress: as in :func:`jaram.train`. out: a new folder for the team.
        """
        from jaram.ensemble import kinds, store
        from jaram.runs.candidates import as_data
        from jaram.runs.train import train

        _require_vote(vote)  # before the work
        kinds.require_kind(kind)
        recipe = recipe or Recipe()
        recipes = kinds.bagged(recipe, size) if kind == "bagging" else seeded(recipe, size)
        data = as_data(data)
        require_whole(data.task)
        place = None if out is None else store.members_folder(Path(out))
        if kind == "snapshot":
            runs = kinds.snapshots(recipe, data, size, place, budget, progress)
        else:
            runs = train(recipes, data, out=place, budget=budget, progress=progress)
        team = cls(runs, vote)
        return team if out is None else store.conclude(team, Path(out))

    def __repr__(self) -> str:
        return f"Ensemble({len(self.members)} members, vote={self.vote!r})"

    @property
    def task(self) -> Task:
        """What is answered."""
        return self.members[0].task

    @property
    def preparation(self) -> Preparation:
        """The first member's: the columns and the target that all of them know."""
        return self.members[0].preparation

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The team's metrics by part and name (``"valid/accuracy"``), on the parts whose rows are
        the same for all members.

        Empty if the data of a member is not to be found any more.
        """
        if self.saved is not None:
            return dict(self.saved.metrics)
        return {
            f"{name}/{metric}": value
            for name, (voices, truth) in self._parts.items()
            for metric, value in measured(self.task, truth, self._united(voices)).items()
        }

    @cached_property
    def gain(self) -> Gain | None:
        """The team against its members, on the test part, or else the validation part, or else the
        training part; None where :attr:`metrics` is empty."""
        if self.saved is not None:
            return self.saved.gain
        name = next((name for name in ("test", "valid", "train") if name in self._parts), None)
        if name is None:
            return None
        voices, truth = self._parts[name]
        return Gain(
            name,
            len(truth),
            self.vote,
            measured(self.task, truth, self._united(voices)),
            tuple(measured(self.task, truth, voice) for voice in voices),
            diversity(self.task, truth, voices, self._weights),
        )

    @property
    def diverged(self) -> int:
        """How many members' trainings diverged."""
        return sum(member.result == "diverged" for member in self.members)

    def report(self, lang: Language | None = None) -> str:
        """What the team gained over its members, in words, and whether members diverged; the
        current language if None.

        Raises RunError if the data of a member is not to be found any more.
        """
        if self.gain is None:
            raise RunError("ensemble.nothing_measured")
        return "\n".join([self.gain.report(lang), *self.told_diverged(lang)])

    def told_diverged(self, lang: Language | None = None) -> list[str]:
        """A line on members that diverged; none if none did."""
        count, members = self.diverged, len(self.members)
        if not count:
            return []
        key = "ensemble.all_diverged" if count == members else "ensemble.some_diverged"
        return [text(key, lang=lang, count=count, members=members)]

    def predict(self, x: Any) -> NDArray[Any]:
        """Predictions for new examples; ``x`` and the result as in :meth:`Run.predict`."""
        answer = decided(self._united(self._voices_of(read_inputs(self.preparation, x))), self.task)
        if self.task.kind == "regression":
            return answer[:, 0] if answer.shape[1] == 1 else answer
        decoded = self.preparation.inverse_target(answer)
        return decoded[:, 0] if decoded.ndim == 2 and decoded.shape[1] == 1 else decoded

    def predict_proba(self, x: Any) -> NDArray[np.float32]:
        """Probabilities ``(examples, classes)`` or ``(examples, labels)``; in a hard vote the share
        of the members that decided so. Raises RunError for a regression."""
        if self.task.kind == "regression":
            raise RunError("runs.no_probabilities")
        return self._united(self._voices_of(read_inputs(self.preparation, x))).astype(np.float32)

    def evaluate(self, data: Any) -> dict[str, float]:
        """Metrics on other data that has the target; ``data`` as in :meth:`Run.evaluate`.

        In place of the loss, which each member may have of its own, there is the expected
        calibration error of probabilities.
        """
        examples = read_examples(self.preparation, data)
        voices = self._voices_of(examples)
        truth = _truth(self.members[0], self.preparation.transform_target(examples.y))
        return measured(self.task, truth, self._united(voices))

    def save(self, folder: str | Path) -> Ensemble:
        """Write the team to a new folder, with a folder for each member; returns the team with its
        ``folder``. :func:`jaram.open` gives it back.

        Raises RunError if the folder exists and is not empty, or can't be written.
        """
        from jaram.ensemble.store import save

        return save(self, Path(folder))

    @property
    def _weights(self) -> Floats:
        return np.asarray(self.weights, np.float64)

    def _united(self, voices: Floats) -> Floats:
        return united(voices, self.vote, self._weights, self.task)

    def _voices_of(self, x: Any) -> Floats:
        """What each member says of raw inputs, which it prepares itself."""
        return np.stack(
            [
                said(member, member.examine(member.preparation.transform(x)))
                for member in self.members
            ]
        )

    @cached_property
    def _parts(self) -> dict[str, Voices]:
        """What the members say of the parts that they have in common."""
        runs = with_data(self.members)
        return {
            name: Voices(
                np.stack([said(run, run.answers_of(name)) for run in runs]),
                _truth(runs[0], runs[0].parts[name].y),
            )
            for name in ("valid", "train", "test")
            if have_in_common(runs, name)
        }


def _require_vote(vote: str) -> None:
    if vote not in VOTES:
        raise UsageError(
            "ensemble.bad_vote",
            value=vote,
            known=", ".join(VOTES),
            suggestion=suggestion(str(vote), VOTES),
        )


def _truth(run: Run, y: NDArray[Any]) -> NDArray[Any]:
    """Coded targets as metrics take them: a regression's in the target's own unit."""
    if run.task.kind != "regression":
        return y
    return np.asarray(run.preparation.inverse_target(y), np.float64).reshape(len(y), -1)
