"""Strategies of Optuna: where a model of what was seen expects something better."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jaram.errors import UsageError
from jaram.searches.optuna_params import params_of, require_optuna, suggested
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial

if TYPE_CHECKING:
    import optuna

ROUNDS = 8
"""In how many rounds the trials are drawn: trials of a round are trained together, but know nothing
of one another."""


@dataclass(frozen=True)
class Bayesian:
    """A sampler of Optuna by batch ask-and-tell (Akiba et al., 2019), trials trained whole.

    sampler: ``tpe``, the tree-structured Parzen estimator (Bergstra et al., 2011), with the
    dimensions seen together; ``gp``, a Gaussian process. What was told is replayed into a study in
    memory, so that the same told gives the same asks. Those asked for together are told apart by
    the samplers themselves: a trial that is still running counts as a bad one for ``tpe`` (constant
    liar), and as what the process expects there for ``gp``.
    """

    sampler: str

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """The next batch: an eighth of all trials."""
        require_optuna()
        import optuna

        batch = min(-(-settings.trials // ROUNDS), settings.trials - len(told))
        if batch <= 0:
            return []
        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            with warnings.catch_warnings():  # that something of Optuna's is experimental
                warnings.simplefilter("ignore")
                study = replayed(space, told, self._sampler(settings.seed, len(told)))
                points = [suggested(space, study.ask()) for _ in range(batch)]
        finally:
            optuna.logging.set_verbosity(before)
        return [Ask(number, point, 1.0, 0) for number, point in enumerate(points, start=len(told))]

    def _sampler(self, seed: int, told: int) -> optuna.samplers.BaseSampler:
        """A new sampler, its randomness that of this round alone."""
        import optuna

        of_round = int(np.random.SeedSequence([seed, told]).generate_state(1)[0])
        if self.sampler == "tpe":
            return optuna.samplers.TPESampler(
                multivariate=True, group=True, constant_liar=True, seed=of_round
            )
        try:
            import torch  # Optuna would say that it is missing only after ten trials
        except ImportError:
            raise UsageError("search.needs_torch", strategy=self.sampler) from None
        torch.set_num_threads(1)  # its matrices are small: threads only wait for one another
        return optuna.samplers.GPSampler(seed=of_round, warn_independent_sampling=False)


def replayed(
    space: Space, told: Sequence[Trial], sampler: optuna.samplers.BaseSampler
) -> optuna.Study:
    """A study in memory that was told what came of each trial; one that diverged has the worst
    score."""
    import optuna

    study = optuna.create_study(direction="maximize", sampler=sampler)
    for trial in told:
        params, distributions = params_of(space, trial.values)
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=distributions, value=trial.score)
        )
    return study


BAYESIAN = ("tpe", "gp")
for _name in BAYESIAN:
    define(_name, Bayesian(_name))
