"""What came of growing data and network: scores by both, laws, baselines."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.interval import Gain, Scale, paired_gain
from jaram.growth.power_law import PowerLaw, fitted
from jaram.growth.references import Baseline, better_than

if TYPE_CHECKING:
    import polars

    from jaram.messages import Language

Floats = NDArray[np.float64]

POINTS, TENTH = 0.005, 0.1
"""A gain of half a point or of a tenth of the error that is left is worth some trouble."""
DOUBLE = 2.0
SEEN = 4.0
"""Times what matters that the last growth of the data may have brought where more is not worth
it: by the law of growth it brought more than the next will."""


@dataclasses.dataclass(frozen=True)
class Size:
    """A network: factor of its hidden widths, how many weights that makes, its layers in words."""

    factor: float
    weights: int
    network: str


@dataclasses.dataclass(frozen=True)
class Point:
    """One training: its size's place, its share of the training rows, its seed.

    score, train_score: of its best epoch by validation, on the validation and on its own training
    rows. epochs: trained. curve: the validation score after each epoch. is_diverged: one that did
    is left out of laws and gains.
    """

    size: int
    share: float
    rows: int
    seed: int
    score: float
    train_score: float
    epochs: int
    curve: tuple[float, ...]
    is_diverged: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Growth:
    """The outcome of :func:`jaram.scale`.

    metric: what scores are of (accuracy, R² ...); an error is 1 − score. worst: the lowest score
    that counts. rows: in the training part; valid_rows: that scores were measured on, is_share
    whether a score is a share of them. points: every training. baselines: simple models with all
    rows. seconds: wall time.
    """

    metric: str
    worst: float
    rows: int
    valid_rows: int
    is_share: bool
    shares: tuple[float, ...]
    sizes: tuple[Size, ...]
    points: tuple[Point, ...]
    baselines: tuple[Baseline, ...]
    seconds: float = 0.0

    def __repr__(self) -> str:
        return f"Growth({len(self.shares)} shares × {len(self.sizes)} sizes × {self.seeds} seeds)"

    @cached_property
    def table(self) -> polars.DataFrame:
        """One row a training: units (factor), weights, share, rows, seed, score, train_score,
        epochs, diverged."""
        import polars

        return polars.DataFrame(
            [
                {
                    "factor": self.sizes[one.size].factor,
                    "weights": self.sizes[one.size].weights,
                    "share": one.share,
                    "rows": one.rows,
                    "seed": one.seed,
                    "score": one.score,
                    "train_score": one.train_score,
                    "epochs": one.epochs,
                    "diverged": one.is_diverged,
                }
                for one in self.points
            ]
        )

    @property
    def seeds(self) -> int:
        """From how many seeds each was trained."""
        return len({one.seed for one in self.points})

    @cached_property
    def row_counts(self) -> NDArray[np.int64]:
        """Training rows at each share ``(shares,)``."""
        return np.array([round(share * self.rows) for share in self.shares])

    @cached_property
    def scores(self) -> Floats:
        """Validation scores ``(sizes, seeds, shares)``."""
        return self._gathered("score")

    @cached_property
    def train_scores(self) -> Floats:
        """Training scores ``(sizes, seeds, shares)``."""
        return self._gathered("train_score")

    def _gathered(self, name: str) -> Floats:
        found = np.full((len(self.sizes), self.seeds, len(self.shares)), np.nan)
        seeds = sorted({one.seed for one in self.points})
        for one in self.points:
            place = one.size, seeds.index(one.seed), self.shares.index(one.share)
            found[place] = getattr(one, name)
        return found

    @property
    def diverged(self) -> int:
        """How many trainings diverged."""
        return sum(one.is_diverged for one in self.points)

    @cached_property
    def is_sound(self) -> NDArray[np.bool_]:
        """Which trainings did not diverge ``(sizes, seeds, shares)``."""
        return np.asarray(self._gathered("is_diverged") == 0)

    @cached_property
    def laws(self) -> tuple[PowerLaw | None, ...]:
        """The law of each size's error by rows, from the seeds none of whose trainings diverged;
        None with fewer than three shares or without such a seed."""
        rows = self.row_counts.astype(np.float64)
        pairs = zip(self.scores, self.is_sound, strict=True)
        kept = [scores[sound.all(axis=1)] for scores, sound in pairs]
        return tuple(fitted(rows, 1 - scores) if len(scores) else None for scores in kept)

    def whole_scores(self, size: int) -> Floats:
        """Validation scores with all rows of the trainings that did not diverge ``(≤ seeds,)``."""
        return np.asarray(self.scores[size, self.is_sound[size, :, -1], -1])

    @cached_property
    def best(self) -> int:
        """The place of the size with the best mean score with all rows; the smallest of equals."""
        found = [self.whole_scores(place) for place in range(len(self.sizes))]
        return int(np.argmax([one.mean() if len(one) else -np.inf for one in found]))

    @property
    def asked(self) -> int:
        """The place of the network that was asked about: factor 1."""
        return next(place for place, size in enumerate(self.sizes) if size.factor == 1)

    def from_data(self) -> tuple[float, float, float] | None:
        """What twice the rows would bring the network that was asked about, with its interval."""
        law = self.laws[self.asked]
        return None if law is None else law.saved(float(self.rows), DOUBLE)

    def from_last_doubling(self) -> Gain | None:
        """What the last growth of the data brought the network that was asked about."""
        if len(self.shares) < 2:
            return None
        sound = self.is_sound[self.asked, :, -2:].all(axis=1)
        if not sound.any():
            return None
        scores = self.scores[self.asked, sound]
        return paired_gain(scores[:, -2], scores[:, -1], scale=self._scale)

    def from_size(self) -> dict[float, Gain]:
        """What each other size brings over the one asked about, with all rows, by factor; intervals
        hold together. Without a size that has no seed of which neither training diverged."""
        now, others = self.asked, [p for p in range(len(self.sizes)) if p != self.asked]
        scores, sound = self.scores[:, :, -1], self.is_sound[:, :, -1]
        pairs = {place: sound[now] & sound[place] for place in others}
        return {
            self.sizes[place].factor: paired_gain(
                scores[now, pair], scores[place, pair], len(others), self._scale
            )
            for place, pair in pairs.items()
            if pair.any()
        }

    @property
    def _scale(self) -> Scale:
        return Scale(self.worst, 1.0, self.valid_rows if self.is_share else None)

    @property
    def data_is_worth_it(self) -> bool:
        """Whether twice the rows bring enough, with the whole interval above 0."""
        gain = self.from_data()
        return gain is not None and gain[0] >= self.matters and 0 < gain[1] < np.inf

    @property
    def data_is_not_worth_it(self) -> bool:
        """Whether twice the rows surely bring little: the whole interval lies below what matters,
        and the last growth of the data, that is easier seen, cannot have brought much."""
        gain, last = self.from_data(), self.from_last_doubling()
        if gain is None or last is None:
            return False
        return gain[2] < self.matters and last.high < SEEN * self.matters

    @property
    def matters(self) -> float:
        """The least gain that is worth some trouble."""
        scores = self.whole_scores(self.asked)
        return min(POINTS, TENTH * (1 - float(scores.mean()))) if len(scores) else POINTS

    @property
    def size_is_worth_it(self) -> float | None:
        """The factor of the larger network that gains most of those that surely gain; None if none
        does."""
        gains = {
            factor: gain
            for factor, gain in self.from_size().items()
            if factor > 1 and gain.is_positive and gain.mean >= self.matters
        }
        return max(gains, key=lambda factor: gains[factor].mean, default=None)

    @property
    def may_size_be_worth_it(self) -> bool:
        """Whether the interval of a larger network leaves room for a gain well above what
        matters."""
        most = SEEN * self.matters
        return any(factor > 1 and gain.high > most for factor, gain in self.from_size().items())

    @property
    def better_baselines(self) -> tuple[Baseline, ...]:
        """Simple models that surely beat the best network, the best first."""
        scores = self.whole_scores(self.best)
        if not len(scores):
            return ()
        deviation = scores.std(ddof=1) / len(scores) ** 0.5 if len(scores) > 1 else 0.0
        found = [
            one
            for one in self.baselines
            if better_than(one, float(scores.mean()), deviation, self.valid_rows, self.is_share)
        ]
        return tuple(sorted(found, key=lambda one: -one.score))

    def report(self, lang: Language | None = None) -> str:
        """The outcome in words."""
        from jaram.growth.telling import told

        return told(self, lang)

    def write_report(self, path: str | Path, lang: Language | None = None) -> Path:
        """Draw the outcome as one page; a ``path`` that does not end in ``.html`` is a folder for
        pictures (PNG). Returns ``path``."""
        from jaram.report.growth_html import write_growth_report
        from jaram.report.png import write_growth_pngs

        path = Path(path)
        if path.suffix == ".html":
            return write_growth_report(self, path, lang)
        write_growth_pngs(self, path, lang)
        return path

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return dataclasses.asdict(self)
