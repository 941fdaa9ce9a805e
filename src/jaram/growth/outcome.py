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
    rows. epochs: trained. curve: the validation score after each epoch.
    """

    size: int
    share: float
    rows: int
    seed: int
    score: float
    train_score: float
    epochs: int
    curve: tuple[float, ...]


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
        epochs."""
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

    @cached_property
    def laws(self) -> tuple[PowerLaw | None, ...]:
        """The law of each size's error by rows; None with fewer than three shares."""
        rows = self.row_counts.astype(np.float64)
        return tuple(fitted(rows, 1 - scores) for scores in self.scores)

    @cached_property
    def best(self) -> int:
        """The place of the size with the best mean score with all rows; the smallest of equals."""
        return int(self.scores[:, :, -1].mean(axis=1).argmax())

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
        scores = self.scores[self.asked]
        return paired_gain(scores[:, -2], scores[:, -1], scale=self._scale)

    def from_size(self) -> dict[float, Gain]:
        """What each other size brings over the one asked about, with all rows, by factor; intervals
        hold together."""
        now, others = self.asked, [p for p in range(len(self.sizes)) if p != self.asked]
        scores = self.scores[:, :, -1]
        return {
            self.sizes[place].factor: paired_gain(
                scores[now], scores[place], len(others), self._scale
            )
            for place in others
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
    def matters(self) -> float:
        """The least gain that is worth some trouble."""
        return min(POINTS, TENTH * (1 - float(self.scores[self.asked, :, -1].mean())))

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
    def better_baselines(self) -> tuple[Baseline, ...]:
        """Simple models that surely beat the best network, the best first."""
        scores = self.scores[self.best, :, -1]
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
