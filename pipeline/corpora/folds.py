"""Subject-disjoint folds, which replace the official partitions of a corpus.

The official partitions of AVEC share subjects. Here every subject is assigned to one fold with all recordings: one fold
is the test partition, the next one the development partition, and the others are the training partition.

Subjects are sorted by their mean score and divided into rows of as many subjects as there are folds; every fold gets
one subject of each row, so that the folds have similar distributions of scores. Within a row the subjects with the most
recordings go to the folds with the fewest.

    mean scores, 3 folds    0  1  3 | 4  7  9 | 12 15 20 | 22
    folds                   one subject of each row
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from pipeline.records.labels import Label

MIN_FOLDS = 3  # one each for test, development and training


@dataclass(frozen=True)
class Folds:
    """The number of folds, and the fold that is the test partition.

    Attributes:
        count: the number of folds.
        test_fold: the index of the fold that is the test partition, from 0.
    """

    count: int
    test_fold: int

    def __post_init__(self) -> None:
        if self.count < MIN_FOLDS or not 0 <= self.test_fold < self.count:
            raise ValueError(
                f"fold {self.test_fold} of {self.count}; allowed: 0 to below the number of folds, which is 3 or more"
            )

    def partition(self, fold: int) -> str:
        """Return the partition of a fold.

        Examples:
            >>> [Folds(4, 3).partition(fold) for fold in range(4)]
            ['development', 'training', 'training', 'test']
        """
        if fold == self.test_fold:
            return "test"
        return "development" if fold == (self.test_fold + 1) % self.count else "training"


def assign_folds(labels: Sequence[Label], count: int) -> dict[str, int]:
    """Return the fold of each subject with a score; it depends on subjects, their scores and `count` alone.

    Raises:
        ValueError: if there are fewer such subjects than folds.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    for label in labels:
        if label.score is not None:
            scores[label.subject].append(label.score)
    if len(scores) < count:
        raise ValueError(f"corpus.folds is {count}, but {len(scores)} subjects have a score; allowed: up to as many")
    means = {subject: fmean(sorted(values)) for subject, values in scores.items()}
    ranked = sorted(scores, key=lambda subject: (means[subject], subject))
    recordings, sums = [0] * count, [0.0] * count  # of each fold: number of recordings, sum of mean scores
    assigned = {}
    for begin in range(0, count * -(-len(ranked) // count), count):
        row = sorted(
            ranked[begin : begin + count], key=lambda subject: (-len(scores[subject]), -means[subject], subject)
        )
        smallest_first = sorted(range(count), key=lambda fold: (recordings[fold], sums[fold], fold))
        for subject, fold in zip(row, smallest_first, strict=False):  # the last row may be short
            assigned[subject] = fold
            recordings[fold] += len(scores[subject])
            sums[fold] += means[subject]
    return assigned


def subject_folds(labels: Sequence[Label], folds: Folds) -> list[Label]:
    """Return the labels with the partitions of the folds.

    Subjects without any score go to the test partition: they are estimated, but no model can be fitted to them.

    Raises:
        ValueError: if there are fewer subjects with a score than folds.
    """
    assigned = assign_folds(labels, folds.count)
    return [replace(label, partition=folds.partition(assigned.get(label.subject, folds.test_fold))) for label in labels]
