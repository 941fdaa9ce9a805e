"""What a treatment found out: verdicts on remedies, the confirmation of the best, the result."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.interval import Gain
from jaram.doctor.trial import Measured
from jaram.messages import Language
from jaram.recipe import Recipe

if TYPE_CHECKING:
    from jaram.runs.run import Run


@dataclasses.dataclass(frozen=True, eq=False)
class Verdict:
    """What the trial says of one remedy, or of several together.

    remedies, doses: names, and a few words on how much of each. gain: paired difference of the
    validation score to the control of its round. share: how much of the full length it was trained;
    under 1 it was dropped early as weak. cured: whether the findings that it treats have gone; None
    if it was dropped. measured: scores and curves.
    """

    remedies: tuple[str, ...]
    doses: tuple[str, ...]
    gain: Gain
    share: float
    cured: bool | None
    recipe: Recipe
    measured: Measured

    @property
    def helps(self) -> bool:
        """Whether the whole interval of its gain lies above 0."""
        return self.gain.is_positive


@dataclasses.dataclass(frozen=True, eq=False)
class Confirmation:
    """The winner measured again, against the recipe as it was, on seeds not used for choosing.

    gain: on the part that the trial compared on. control, treated: scores ``(seeds,)``. curves of
    both ``(seeds, epochs)``. test_gain, test_rows: on rows that the trial did not use; None and 0
    if there were none.
    """

    gain: Gain
    control: Measured
    treated: Measured
    chance: float
    test_gain: Gain | None
    test_control: NDArray[np.float64] | None
    test_treated: NDArray[np.float64] | None
    test_rows: int

    @property
    def holds(self) -> bool:
        """Whether the winner beats both the recipe as it was and a constant prediction."""
        beats_constant = bool(self.treated.mean > self.chance)
        return self.gain.is_positive and beats_constant


@dataclasses.dataclass(frozen=True, eq=False)
class Treatment:
    """What a treatment found out.

    diagnosis: of the run as it was. before: its recipe. verdicts: of all that was tried, the best
    first. confirmation: of the winner; None if nothing was tried. recipe: treated, or ``before`` if
    nothing helped. run: trained with it on all the data; the run as it was if nothing helped.
    untreatable: name of the finding about the data that stands in the way of any treatment.
    random: the best of as many random compositions of the same remedies as could be trained in the
    same number of epochs, measured like the winner: the baseline to beat; None if not asked for.
    part, metric: what the scores are of. seconds: wall time, the random search aside.
    """

    diagnosis: Diagnosis
    before: Recipe
    verdicts: tuple[Verdict, ...]
    confirmation: Confirmation | None
    recipe: Recipe
    run: Run
    untreatable: str | None
    part: str
    metric: str
    seconds: float
    random: Confirmation | None = None

    @property
    def helped(self) -> bool:
        """Whether a remedy was accepted."""
        return self.confirmation is not None and self.confirmation.holds

    @property
    def accepted(self) -> Verdict | None:
        """The verdict on what was accepted; None if nothing was."""
        if not self.helped:
            return None
        return next(verdict for verdict in self.verdicts if verdict.recipe == self.recipe)

    def report(self, lang: Language | None = None) -> str:
        """The treatment in words: what was found, tried and gained."""
        from jaram.doctor.told import treatment_told

        return treatment_told(self, lang)
