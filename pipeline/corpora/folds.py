"""Subject-disjoint folds: partitions of one's own, in which nobody is both fitted and tested.

The official partitions of AVEC share subjects. Here subjects are dealt into folds with all their recordings: one fold
is the test partition, the next one the development partition, and the others are the training partition.

Subjects are sorted by their mean score and dealt in rows of as many as there are folds, so that every fold gets one of
each row: scores are spread alike. Within a row those with the most recordings go to the folds that have the fewest.

    mean scores, 3 folds    0  1  3 | 4  7  9 | 12 15 20 | 22
    folds                   one of each row each
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from pipeline.records.labels import Label

FEWEST = 3  # a fold each for test, development and training


@dataclass(frozen=True)
class Folds:
    """Which of how many folds is tested.

    Attributes:
        count: of folds.
        tested: the number of the fold that is the test partition, from 0.
    """

    count: int
    tested: int

    def __post_init__(self) -> None:
        if self.count < FEWEST or not 0 <= self.tested < self.count:
            raise ValueError(f"fold {self.tested} of {self.count}; allowed: 0 to below the count, which is 3 or more")

    def partition(self, fold: int) -> str:
        """The partition that a fold is.

        >>> [Folds(4, 3).partition(fold) for fold in range(4)]
        ['development', 'training', 'training', 'test']
        """
        if fold == self.tested:
            return "test"
        return "development" if fold == (self.tested + 1) % self.count else "training"


def deal_subjects(labels: Sequence[Label], count: int) -> dict[str, int]:
    """The fold of each subject who has a score: a pure function of subjects, their scores and the number of folds.

    Raises:
        ValueError: where there are fewer such subjects than folds.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    for label in labels:
        if label.bdi is not None:
            scores[label.subject].append(label.bdi)
    if len(scores) < count:
        raise ValueError(f"corpus.folds is {count}, but {len(scores)} subjects have a score; allowed: up to as many")
    means = {subject: fmean(sorted(found)) for subject, found in scores.items()}
    ranked = sorted(scores, key=lambda subject: (means[subject], subject))
    recordings, points = [0] * count, [0.0] * count
    dealt = {}
    for begin in range(0, count * -(-len(ranked) // count), count):
        row = sorted(ranked[begin : begin + count], key=lambda one: (-len(scores[one]), -means[one], one))
        emptiest = sorted(range(count), key=lambda fold: (recordings[fold], points[fold], fold))
        for subject, fold in zip(row, emptiest, strict=False):  # the last row may be short
            dealt[subject] = fold
            recordings[fold] += len(scores[subject])
            points[fold] += means[subject]
    return dealt


def subject_folds(labels: Sequence[Label], folds: Folds) -> list[Label]:
    """The labels with the partitions that folds give them.

    Subjects without any score are put into the test partition: nothing can be learned of them, and they are estimated.

    Raises:
        ValueError: where there are fewer subjects with a score than folds.
    """
    dealt = deal_subjects(labels, folds.count)
    return [replace(label, partition=folds.partition(dealt.get(label.subject, folds.tested))) for label in labels]
