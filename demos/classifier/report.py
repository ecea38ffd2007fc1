"""How well probabilities tell two classes apart: counts, rates and the ROC curve."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from classifier.data import Bools, Floats


@dataclass(frozen=True)
class Confusion:
    """How many rows of each class were called what."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @classmethod
    def of(cls, called: Bools, positive: Bools) -> Self:
        """The counts, given which rows were called positive and which are."""
        return cls(
            int(np.sum(called & positive)),
            int(np.sum(called & ~positive)),
            int(np.sum(~called & positive)),
            int(np.sum(~called & ~positive)),
        )

    @property
    def accuracy(self) -> float:
        """The share of rows that were called what they are."""
        wrong = self.false_positive + self.false_negative
        right = self.true_positive + self.true_negative
        return right / (right + wrong)

    @property
    def precision(self) -> float:
        """The share of positives among those called positive; NaN if none was."""
        called = self.true_positive + self.false_positive
        return self.true_positive / called if called else float("nan")

    @property
    def recall(self) -> float:
        """The share of the positives that were called positive; NaN if there are none."""
        positives = self.true_positive + self.false_negative
        return self.true_positive / positives if positives else float("nan")


@dataclass(frozen=True)
class RocCurve:
    """For each threshold, from high to low, the rates at which negatives and positives score at least that much."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    area: float

    @classmethod
    def of(cls, scores: Floats, positive: Bools) -> Self:
        """The curve of `scores`; both classes must be there.

        Equal scores share a threshold, so the area is the chance that a positive scores above a negative, ties
        counted half (Hanley and McNeil 1982, equation 1). It is counted in integers.
        """
        order = np.argsort(-scores, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
        true = np.concatenate([[0], np.cumsum(positive[order])[ends]])
        false = np.concatenate([[0], np.cumsum(~positive[order])[ends]])
        twice_area = int(np.sum(np.diff(false) * (true[1:] + true[:-1])))
        positives, negatives = int(true[-1]), int(false[-1])
        return cls(false / negatives, true / positives, twice_area / (2 * positives * negatives))
