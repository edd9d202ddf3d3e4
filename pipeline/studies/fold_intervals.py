"""CV+ intervals from a study of subject-disjoint folds: the score of a new person, as all models of the folds see it.

Barber, Candes, Ramdas and Tibshirani, Predictive inference with the jackknife+, Annals of Statistics 49, 2021. Each
subject is tested by the one model that was not fitted to them. With one error a subject, subjects are exchangeable, and
theorem 4 holds: the interval of level 1 - a contains the score of a new person with a probability of at least 1 - 2 a,
less a term that vanishes with the number of subjects. With as many folds as subjects it is the jackknife+.
"""

from collections.abc import Sequence
from itertools import combinations

from pipeline.experiments.outcome import Outcome
from pipeline.scoring.conformal import LEVELS, half_width, one_error_per_subject

SEED = 0  # of the draws of a recording of each subject


def cv_plus(estimates: Sequence[float], errors: Sequence[Sequence[float]], level: int) -> tuple[float, float] | None:
    """Return the CV+ interval of a new video; None if there are too few subjects for the level.

    The upper end is the ceil((n + 1) level)-th smallest of n sums, of each error and the estimate of the model that
    made it; the lower end is the same from above, of the differences.

    Args:
        estimates: of the video, by the model of each fold.
        errors: absolute errors of each model on the subjects of its fold.
        level: in percent.

    Examples:
        >>> cv_plus([10.0, 20.0], [[1.0, 2.0], [3.0]], level=75)  # the third of 11 12 23, and of 17 9 8
        (8.0, 23.0)
    """
    pairs = [(estimate, error) for estimate, own in zip(estimates, errors, strict=True) for error in own]
    low = half_width([error - estimate for estimate, error in pairs], level)
    high = half_width([estimate + error for estimate, error in pairs], level)
    return None if low is None or high is None else (-low, high)


def guarantee(level: int, subjects: int, folds: int) -> float:
    """Return the probability, in percent, that theorem 4 promises for folds of equal size; it is never below 0.

    Examples:
        >>> round(guarantee(90, subjects=82, folds=5), 1)  # 80 - 100 x (1 - 5 / 82) / 6, and 2 x 0.8 / 17.4 is less
        70.8
    """
    loss = min(2 * (1 - 1 / folds) / (subjects / folds + 1), (1 - folds / subjects) / (folds + 1))
    return max(100 - 2 * (100 - level) - 100 * loss, 0.0)


def fold_errors(outcomes: Sequence[Outcome]) -> list[list[float]]:
    """Return one absolute error of each subject, by fold; empty if folds share subjects, or estimates are missing."""
    if len(outcomes) < 2:
        return []
    try:
        tested = [outcome.estimates for outcome in outcomes]
    except ValueError:
        return []
    subjects = [{item.subject for item in estimates} for estimates in tested]
    if any(one & other for one, other in combinations(subjects, 2)):  # not folds of one partitioning
        return []
    return [one_error_per_subject(estimates, SEED) for estimates in tested]


def fold_notes(outcomes: Sequence[Outcome], folds: int) -> list[str]:
    """Return the note on CV+ intervals below the table of a finished study of folds; none otherwise.

    Args:
        outcomes: of one row.
        folds: that the row has when it is finished.
    """
    errors = fold_errors(outcomes) if len(outcomes) == folds else []
    subjects = sum(map(len, errors))
    widths = {level: cv_plus([0.0] * len(errors), errors, level) for level in LEVELS if errors}
    parts = [
        f"{level} %: {ends[1]:.1f} points (promised: {guarantee(level, subjects, folds):.0f} %)"
        for level, ends in widths.items()
        if ends is not None
    ]
    if not parts:
        return []
    return [
        "CV+ intervals of a new person's score (Barber and others, 2021), from one error of each of "
        f"{subjects} subjects: where the models of all folds agree, they reach either way, at level "
        f"{'; '.join(parts)}. "
        "They usually contain about as much as the level says; what is promised for any model is less."
    ]
