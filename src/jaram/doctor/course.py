"""The course of a training: how far it came, how far its steps could carry it, what held it back.

The rules about pace and rate read one set of facts, so that one training gets one cause.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from jaram.doctor import signals
from jaram.doctor.evidence import SURE, Evidence, Floats
from jaram.doctor.finding import Picture
from jaram.doctor.restraint import Restraint, restraints

LATE = 0.1
"""Share of all progress in the second half of the training from which it was not finished: a
straight line makes half of it there, one that falls like 1/epochs a hundredth after a hundred."""
KNOWS_LESS = 0.04
"""Points by which the training score must be below the simple models' validation score: 0.035 at
most in 149 healthy trainings (beyond twice the standard error)."""
WAVERS = 0.04
"""Points that the training score of an average late epoch may be below the kept one's: 0.035 at
most in 623 healthy trainings."""
FEW_EPOCHS = 4
"""Epochs below which it is the minibatches that tell the course."""
RISING = 0.05
"""Points that a score must have gained in the second half of the training for more to be expected:
0.043 at most in 149 healthy trainings."""
STEEP = 0.5
"""Share of all progress in the second half from which it was not slowing down at all, as a straight
line does not."""
SENSIBLE_UPDATE = 2e-3
"""What a step changes of the weights where learning is brisk: about a thousandth (a common rule of
thumb); healthy trainings were seen between 3e-4 and 3e-2."""
ENOUGH_STEPS = 1000
"""Steps after which a brisk training of a small network is done, which at SENSIBLE_UPDATE is a way
of twice the weights' own size."""
ENOUGH_EPOCHS = 30
"""Epochs in which a brisk training meets each example often enough."""
ENOUGH_STEPS_AN_EPOCH = 30
"""Steps an epoch in which the same is reached within ENOUGH_EPOCHS."""
LACKS = 2.0
"""How many times less than sensible the steps' length or number is to be held for the cause."""
LEAST_PULL = 0.02
"""What share of the loss the weights' own size in the direction of the gradient must be worth.
Below it there is no slope to go down, so that short steps are not the rate's doing."""
LEAST_SCALE = 0.25
"""Share of the first loss from which swings and jumps are large whatever the progress."""
THROWN = 2.0
"""How many times its start the training loss must reach to have been thrown up."""
SHORT_WAY = 2.0
"""A way, in the weights' own size, up to which a network that has learned too little may just not
have gone far enough."""
LEARNED = 0.05
"""Share of its first loss that a training took away which was on a way at all."""
WILD = 20.0
"""How many times the loss of a network without output the first weights' loss is where these, not
the steps, are to blame: sound initializers begin at 1 to 3 times."""
LONG_WAY = 4.0
"""A way after which what the network still has not learned is not for want of going."""
UNTRAINED = 0.1
"""A way, in the weights' own size, that leaves the network what chance made it."""
FIRST_EXAMPLES = 128
"""Examples over which the loss before the training is averaged."""

Lack = Literal["rate", "epochs", "batch"]


@dataclass(frozen=True, eq=False)
class Course:
    """What the curves and vital signs say together."""

    evidence: Evidence

    @cached_property
    def loss(self) -> Floats:
        """The finite part of the training loss, or of the validation loss where that is all."""
        return signals.finite(self.evidence.curves.loss)

    @cached_property
    def valid(self) -> Floats | None:
        """The finite part of the validation loss."""
        valid = self.evidence.curves.valid_loss
        return None if valid is None else signals.finite(valid)

    @cached_property
    def top(self) -> float:
        """Where the descent began: the loss before the first step, or after the first epoch if that
        is higher (a few minibatches tell the first loss with an error), unless thrown there."""
        first = float(self.loss[0]) if len(self.loss) else math.nan
        return max(self.start, first) if first <= THROWN * self.start else self.start

    @cached_property
    def start(self) -> float:
        """The loss before the first step; where only epochs are known, after the first of them."""
        steps = self.evidence.curves.steps
        first = float(self.loss[0]) if len(self.loss) else math.nan
        if steps is None or not len(steps):
            return first
        count = math.ceil(FIRST_EXAMPLES / (self.evidence.batch_size or FIRST_EXAMPLES))
        told = steps[: max(1, min(count, len(steps) // 10))]
        very_first = told[: math.ceil(len(told) / 4)]  # before overlong steps show
        if not np.isfinite(very_first).all():  # it broke at once; the first loss is what is known
            return float(steps[0]) if np.isfinite(steps[0]) else first
        return float(np.nanmin([np.median(told), 1.5 * np.mean(very_first)]))

    @cached_property
    def start_valid(self) -> float:
        """The validation loss before the first step: the training's, no less than its first."""
        if self.valid is None or not len(self.valid) or self.valid[0] > THROWN * self.top:
            return self.top
        return max(self.top, float(self.valid[0]))

    def picture(self, mark: int | None = None) -> Picture:
        """The loss curves; ``mark`` is the epoch (1-based) to point at."""
        curves = self.evidence.curves
        lines = {"train/loss": curves.train_loss, "valid/loss": curves.valid_loss}
        return Picture.of({name: line for name, line in lines.items() if line is not None}, mark)

    # --- how it ended -------------------------------------------------------------------------

    @cached_property
    def late(self) -> float:
        """Share of the progress on new examples that was made in the second half."""
        steps = self.evidence.curves.steps
        if len(self.loss) < FEW_EPOCHS and steps is not None and np.isfinite(steps).all():
            return signals.last_doubling(steps, self.top)
        if self.valid is not None and len(self.valid) > 1:
            return signals.last_doubling(self.valid, self.start_valid)
        return signals.last_doubling(self.loss, self.top)

    @cached_property
    def drop(self) -> float:
        """Share of the loss at the start that the training took away."""
        return signals.progress(self.loss, self.top) / self.top if self.top > 0 else 0.0

    @cached_property
    def scale(self) -> float:
        """What swings and jumps of the training loss are compared with: all its progress, but no
        less than a share of where it began, or a loss that stands still would seem to swing."""
        return max(signals.progress(self.loss, self.top), LEAST_SCALE * self.top, 1e-30)

    @cached_property
    def swing(self) -> float:
        """Width of the training loss's swings in the second half, as a share of its scale."""
        return signals.swing_width(self.loss) / self.scale

    @cached_property
    def back(self) -> float:
        """What the training loss has risen by since its lowest level, as a share of its scale."""
        return signals.rise(self.loss) / self.scale

    @cached_property
    def back_valid(self) -> float:
        """The same of the validation loss; 0 without one."""
        if self.valid is None or not len(self.valid):
            return 0.0
        made = signals.progress(self.valid, self.start_valid)
        return signals.rise(self.valid) / max(made, LEAST_SCALE * self.start_valid, 1e-30)

    @property
    def is_falling(self) -> bool:
        """Whether the loss was still on its way down at the end, beyond its swings."""
        if self.late < LATE:
            return False
        fell = self.late * signals.progress(self.loss, self.top)
        return fell > signals.swing_width(self.loss) / 2

    @cached_property
    def score_gain(self) -> float | None:
        """Points that the score rose by in the second half; None without a score."""
        curves = self.evidence.curves
        gains = [
            signals.level(score, 1.0) - signals.level(score, 0.5)
            for score in (curves.train_score, curves.valid_score)
            if score is not None and len(score) > 1 and np.isfinite(score).all()
        ]
        return min(gains) if gains else None

    @cached_property
    def could_be_better(self) -> bool:
        """Whether a longer way would have led to a better network, as far as can be told.

        It failed or stayed below the simple models; or its scores were still rising by as much as
        matters, with room above them; or there is no score, and then the loss has to tell.
        """
        evidence = self.evidence
        if self.learned_too_little:
            return True
        if self.is_brief:
            return True
        outcome, gain = evidence.outcome, self.score_gain
        if outcome is None or gain is None:
            return True
        if evidence.reference is None:
            return 1 - outcome >= RISING
        if evidence.is_healthy:
            is_steep = self.late >= STEEP and 1 - outcome >= RISING
            return is_steep or (gain >= 2 * RISING and 1 - outcome >= gain)
        return gain >= self.least_difference and 1 - outcome >= self.least_difference

    @property
    def is_told(self) -> bool:
        """Whether scores or the data say that it could be better; losses alone say it less."""
        gain = self.score_gain
        return self.learned_too_little or (gain is not None and gain >= RISING)

    @property
    def is_brief(self) -> bool:
        """Whether it is too short for its curves to have a shape, with minibatches whose loss fell
        steeply to the last or an outcome below the simple models'."""
        short = self.reach is not None and self.reach < 1 and len(self.loss) < FEW_EPOCHS
        is_steep = self.late >= 2 * LATE or self.evidence.falls_short
        return short and self.lack is not None and is_steep

    @property
    def least_lack(self) -> float:
        """Points below the simple models that are more than chance and more than is usual."""
        reference = self.evidence.reference
        return KNOWS_LESS if reference is None else max(KNOWS_LESS, SURE * reference.error)

    @cached_property
    def knows_little(self) -> bool:
        """Whether it never answered its own training rows as well as simple models answer new ones.

        The best epochs on its own rows count, not the one that was kept for others.
        """
        scores, reference = self.evidence.curves.train_score, self.evidence.reference
        if scores is None or reference is None or not len(scores):
            return False
        return reference.best - best_of(scores) > self.least_lack

    @cached_property
    def learned_too_little(self) -> bool:
        """Whether it knows little of its own rows, or is nearly what it began as; without the data,
        whether it failed.

        A network that knows its rows may answer others badly, and one that can do no better than a
        constant may be right; neither is an illness of learning.
        """
        knows = self.evidence.reference is not None and self.evidence.score("train") is not None
        failed = self.knows_little if knows else bool(self.evidence.has_failed)
        return failed or self.is_untrained

    @property
    def is_untrained(self) -> bool:
        """Whether the weights are nearly where they began, though there was a slope to go down."""
        if self.reach is None or self.reach >= UNTRAINED:
            return False
        if self.pull is not None and self.pull < LEAST_PULL:
            return False
        # Measured from its own first epoch: a few minibatches tell the first loss too roughly here.
        loss = self.loss if self.valid is None or len(self.valid) < 2 else self.valid
        return len(loss) > 1 and signals.last_doubling(loss, float(loss[0])) >= 2 * LATE

    @cached_property
    def least_difference(self) -> float:
        """Points of the score that matter and are more than chance on so many rows."""
        rows, outcome = self.evidence.valid_rows, self.evidence.outcome
        if rows is None or outcome is None:
            return RISING
        share = min(max(outcome, 0.05), 0.95)
        return max(RISING, SURE * math.sqrt(share * (1 - share) / rows))

    # --- how fast it went -----------------------------------------------------------------------

    @cached_property
    def steps(self) -> int | None:
        """Steps that were made."""
        steps = self.evidence.curves.steps
        return None if steps is None else len(steps)

    @cached_property
    def update(self) -> float | None:
        """What a step changed of the weights, relative to them, in the layer that moved most, while
        the steps were long (the epochs' ninth decile); None without vital signs."""
        vitals = self.evidence.vitals
        if vitals is None or not vitals.signs.size or not len(vitals.trainable):
            return None
        ratios = vitals["update_ratio"][:, vitals.trainable]
        ratios = ratios[np.isfinite(ratios).all(axis=1)]
        return float(np.quantile(ratios, 0.9, axis=0).max()) if len(ratios) else None

    @cached_property
    def reach(self) -> float | None:
        """How far all steps in one direction would have carried the weights, in their own size."""
        if self.update is None or self.steps is None:
            return None
        return self.update * self.steps

    @property
    def went_far(self) -> bool:
        """Whether its steps could have carried the weights anywhere."""
        return self.reach is not None and self.reach >= LONG_WAY

    @cached_property
    def pull(self) -> float | None:
        """What moving the weights by their own size along the gradient is worth, relative to the
        loss, in the layer where that is most, at the first epochs."""
        vitals = self.evidence.vitals
        if vitals is None or not vitals.signs.size or not len(vitals.trainable):
            return None
        worth = (vitals["gradient_norm"] * vitals["weight_norm"])[:, vitals.trainable]
        count = min(len(self.loss), len(worth), max(1, len(worth) // 4))
        if not count:
            return None
        return float(np.nanmax(np.median(worth[:count], axis=0)) / max(self.loss[0], 1e-30))

    @cached_property
    def lack(self) -> Lack | None:
        """What a training that ended on its way had too little of: length of the steps (rate),
        epochs, or steps an epoch (batch); None if none of these is far from sensible.

        Each is compared with what is sensible; the one that is farthest from it is the cause.
        """
        if self.update is None or self.steps is None:
            return None
        epochs = self.evidence.curves.epochs
        per_epoch = max(1.0, self.steps / max(1, epochs))
        if self.pull is not None and self.pull < LEAST_PULL:
            return None
        short_steps = SENSIBLE_UPDATE / max(self.update, 1e-30)
        few_steps = ENOUGH_STEPS / self.steps
        if short_steps >= max(LACKS, few_steps):
            return "rate"
        if few_steps < LACKS:
            return None
        few_epochs = ENOUGH_EPOCHS / epochs
        few_an_epoch = ENOUGH_STEPS_AN_EPOCH / per_epoch
        is_batch = few_an_epoch >= max(LACKS**2, few_epochs) and self.is_large_batch
        return "batch" if is_batch else "epochs"

    @property
    def is_large_batch(self) -> bool:
        """Whether minibatches could be at least twice smaller and still be of a usual size."""
        usual, batch = self.usual_batch, self.evidence.batch_size
        return usual is not None and batch is not None and batch >= LACKS * usual

    @property
    def usual_batch(self) -> int | None:
        """Examples of a minibatch that would be chosen for the data."""
        from jaram.defaults import default_batch_size

        prepared = self.evidence.prepared
        return None if prepared is None else default_batch_size(len(prepared.train))

    @cached_property
    def is_unfinished(self) -> bool:
        """Whether the training ended before its work was done.

        It was still falling or its scores rising; or its steps could not have carried the weights
        far, whatever the curve looks like (short steps stand still on a saddle, too).
        """
        if not self.could_be_better or self.evidence.size.is_too_small:
            return False
        if self.evidence.size.needs_time:
            return True
        if self.is_untrained or (self.is_falling and (self.is_told or self.late >= 2 * LATE)):
            return True
        if self.is_brief and self.evidence.falls_short:
            return True
        if not self.learned_too_little:
            return False
        if self.evidence.curves.epochs < FEW_EPOCHS and self.lack == "epochs":
            return True  # too short to show where it was going
        is_rising = self.score_gain is not None and self.score_gain >= RISING
        way = SHORT_WAY if self.lack is not None else LONG_WAY
        is_short_way = self.reach is not None and self.reach < way
        return is_rising or (is_short_way and self.drop >= LEARNED)

    @cached_property
    def wavers(self) -> float:
        """Points by which the training score of an average epoch of the second half was below the
        highest until then: what stopping at any epoch but the best would have cost."""
        scores = self.evidence.curves.train_score
        if scores is None or not len(scores) or not np.isfinite(scores).all():
            return 0.0
        below = np.maximum.accumulate(scores) - scores
        return float(np.mean(below[len(scores) // 2 :]))

    @cached_property
    def held_back_by(self) -> Restraint | None:
        """The strongest dropout, noise or penalty of a network that learned too little, if one is
        strong; None if not."""
        if not self.learned_too_little:
            return None
        if self.reach is not None and self.reach < 1 and self.lack is not None:
            return None  # it had no time to be held back
        strong = [each for each in restraints(self.evidence) if each.is_strong]
        return max(strong, key=lambda each: each.strength) if strong else None

    @cached_property
    def begins_wild(self) -> bool:
        """Whether the first weights, before any step, answered far worse than no answer at all."""
        examination = self.evidence.examination
        if examination is None:
            return False
        first = examination.initial
        return not first.loss <= WILD * first.blank_loss


def best_of(scores: Floats | None) -> float:
    """The best epochs' score; −∞ where there is none."""
    known = signals.finite(scores) if scores is not None else np.zeros(0)
    return -signals.lowest(-known) if len(known) else -math.inf
