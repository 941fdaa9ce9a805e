"""Asynchronous successive halving: a good trial goes on without waiting for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaram.searches.draw import SAMPLERS
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask, asked_on, first_asks, ranked
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial


@dataclass(frozen=True)
class AsynchronousHalving:
    """ASHA (Li et al., 2020, algorithm 2) in waves.

    A place in a wave goes to a trial among the best 1/eta of all that have come to a rung so far,
    the highest rung first, and where there is none to a new trial. The paper's workers ask one by
    one; a wave is what so many workers would ask for at once, and is trained as one population.

    rungs: shares of the full length. wave: jobs at once, or an eighth of the trials if that is
    more.
    """

    rungs: tuple[float, ...] = (1 / 9, 1 / 3, 1.0)
    eta: int = 3
    wave: int = 16

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """The jobs of the next wave; none when all trials are drawn and none is promoted."""
        places = max(self.wave, -(-settings.trials // 8))
        promoted = self.promotable(told)[:places]
        drawn = sum(trial.rung == 0 for trial in told)
        until = min(settings.trials, drawn + places - len(promoted))
        points = SAMPLERS["random"](space, settings.seed, until)
        on = [asked_on(trial, self.rungs[trial.rung + 1]) for trial in promoted]
        return on + first_asks(points[drawn:], self.rungs[0], drawn)

    def promotable(self, told: Sequence[Trial]) -> list[Trial]:
        """Those to go on, of the highest rung first and of one rung the best first."""
        found: list[Trial] = []
        for rung in reversed(range(len(self.rungs) - 1)):
            at_rung = ranked([trial for trial in told if trial.rung == rung])
            gone_on = {trial.number for trial in told if trial.rung == rung + 1}
            found += [
                trial
                for trial in at_rung[: len(at_rung) // self.eta]
                if trial.number not in gone_on and trial.status != "diverged"
            ]
        return found


define("asha", AsynchronousHalving())
