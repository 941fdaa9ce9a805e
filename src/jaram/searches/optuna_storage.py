"""A search as a study of Optuna: what optuna-dashboard shows and ``optuna.load_study`` reads.

The record of a search is its own folder; the Optuna study follows it, round by round. A trial has
its parameters by path, its score at each rung by the epochs it had come to (Optuna's intermediate
values), and is complete, pruned (dropped as weak) or failed (cut by the budget's end). Since a
search repeats itself, writing what is there already changes nothing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jaram.errors import RunError, UsageError
from jaram.searches.optuna_params import params_of, require_optuna
from jaram.searches.space import Space
from jaram.searches.study import Settings, Trial

if TYPE_CHECKING:
    import optuna

DATABASE = "optuna.db"
"""The SQLite file in a study's folder."""
TRIAL, STATUS, SEARCH = "trial", "status", "jaram"
"""Names of the attributes that Optuna keeps for us."""


def url_in(folder: Path) -> str:
    """The storage inside a study's folder."""
    return f"sqlite:///{(folder / DATABASE).as_posix()}"


class Follower:
    """Writes the records of a search into a study of Optuna."""

    def __init__(self, url: str, name: str, space: Space, settings: Settings) -> None:
        require_optuna()
        self.url, self.name = url, name
        self.space, self.settings = space, settings

    @cached_property
    def study(self) -> optuna.Study:
        """The study ``name`` in the storage at ``url``, begun if there is none.

        Raises UsageError if the storage can't be opened, RunError if the study there is of another
        search.
        """
        study = _opened(self.url, self.name)
        search = {"space": self.space.to_toml()} | dataclasses.asdict(self.settings)
        mark = json.loads(json.dumps(search))
        known = study.user_attrs.get(SEARCH)
        if known is None and not study.get_trials(deepcopy=False):
            study.set_user_attr(SEARCH, mark)
        elif known != mark:
            differs = sorted(key for key in mark if (known or {}).get(key) != mark[key])
            raise RunError("search.other_optuna_study", name=self.name, differs=", ".join(differs))
        return study

    def follow(self, records: Sequence[Trial]) -> None:
        """Write what is new in the records of all rounds so far."""
        there = {
            trial.user_attrs[TRIAL]: trial
            for trial in self.study.get_trials(deepcopy=False)
            if TRIAL in trial.user_attrs
        }
        by_trial: dict[int, list[Trial]] = {}
        for record in records:
            by_trial.setdefault(record.number, []).append(record)
        for number, rungs in sorted(by_trial.items()):
            if number not in there:
                self._begin(rungs)
            elif not there[number].state.is_finished():
                self._go_on(there[number], rungs)

    def _begin(self, rungs: Sequence[Trial]) -> None:
        import optuna

        last = rungs[-1]
        params, distributions = params_of(self.space, last.values)
        state = _state_of(last)
        self.study.add_trial(
            optuna.trial.create_trial(
                state=state,
                value=_value(last, state),
                params=params,
                distributions=distributions,
                user_attrs={TRIAL: last.number, STATUS: last.status},
                intermediate_values={_epochs(rung): rung.score for rung in rungs},
            )
        )

    def _go_on(self, there: optuna.trial.FrozenTrial, rungs: Sequence[Trial]) -> None:
        import optuna

        last, state = rungs[-1], _state_of(rungs[-1])
        running = optuna.trial.Trial(self.study, there._trial_id)
        for rung in rungs:
            if _epochs(rung) not in there.intermediate_values:
                running.report(rung.score, _epochs(rung))
        if state.is_finished():
            running.set_user_attr(STATUS, last.status)
            value = None if state.name == "PRUNED" else _value(last, state)  # it takes the last
            self.study.tell(there.number, value, state)


def _opened(url: str, name: str) -> optuna.Study:
    import optuna
    import sqlalchemy

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        return optuna.create_study(
            storage=url, study_name=name, direction="maximize", load_if_exists=True
        )
    except (
        sqlalchemy.exc.SQLAlchemyError,
        optuna.exceptions.OptunaError,
        ImportError,  # the driver of a database
        ValueError,
    ) as error:
        detail = str(error).strip().splitlines()[0]
        raise UsageError("search.bad_storage", url=url, detail=detail) from None
    finally:
        optuna.logging.set_verbosity(before)


def _state_of(trial: Trial) -> optuna.trial.TrialState:
    from optuna.trial import TrialState

    if trial.status == "diverged" or (trial.status == "done" and trial.share >= 1):
        return TrialState.COMPLETE
    ended = {"dropped": TrialState.PRUNED, "cut": TrialState.FAIL}
    state: TrialState = ended.get(trial.status, TrialState.RUNNING)
    return state


def _value(trial: Trial, state: optuna.trial.TrialState) -> float | None:
    from optuna.trial import TrialState

    return trial.score if state in (TrialState.COMPLETE, TrialState.PRUNED) else None


def _epochs(trial: Trial) -> int:
    """How many epochs a seed of the trial had come to at a rung."""
    return len(trial.curve)
