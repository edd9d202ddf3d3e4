"""Scores and estimates of two models over many simulated test partitions, like those of AVEC."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

VIDEOS = {1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1}  # probability of each number of videos of a subject
HIGHEST = 45  # score in AVEC
SCORES = stats.beta(0.7, 1.4)  # of score / 45: mean 15, standard deviation 12, many low scores
NORMAL_EDGES = stats.norm.ppf(SCORES.cdf(np.arange(1, HIGHEST + 1) / (HIGHEST + 1)))  # of a normal variable, per score
SUBJECT_SHARE = 0.8  # of the variance of that normal variable
ICC = 0.5  # share of the variance of a model's errors that is the subject's
COMMON = 0.5  # share of the subject's part that both models have
MEAN = 15.0

# Draws with mean 0 and variance 1.
ERRORS = {
    "heavy": lambda random, shape: random.standard_t(5, shape) / np.sqrt(5 / 3),
    "normal": lambda random, shape: random.standard_normal(shape),
    "skewed": lambda random, shape: (random.gamma(2.0, 1.0, shape) - 2) / np.sqrt(2),
}


@dataclass(frozen=True)
class Model:
    """Estimates shrunk to the mean, with an error.

    Attributes:
        slope: of the estimates on the scores.
        deviation: standard deviation of the error, in points.
    """

    slope: float
    deviation: float


STRONG, WEAK = Model(0.55, 6.2), Model(0.3, 7.6)  # r about 0.7 and 0.4


@dataclass(frozen=True)
class Partitions:
    """Test partitions; all arrays are of trials, subjects and four places for videos.

    Attributes:
        present: whether the place holds a video.
        truth: the score.
        estimates: of each model.
    """

    present: np.ndarray
    truth: np.ndarray
    estimates: Mapping[str, np.ndarray]


def simulate(errors: str, trials: int, subjects: int, random: np.random.Generator) -> Partitions:
    """Draw test partitions.

    Args:
        errors: a key of `ERRORS`, of the subject's part and of the rest of each error.
        trials: number of partitions.
        subjects: in each.
        random: source of the draws.
    """
    draw = ERRORS[errors]
    videos = random.choice(list(VIDEOS), size=(trials, subjects, 1), p=list(VIDEOS.values()))
    shape = (trials, subjects, max(VIDEOS))
    z = np.sqrt(SUBJECT_SHARE) * random.standard_normal((trials, subjects, 1))
    z = z + np.sqrt(1 - SUBJECT_SHARE) * random.standard_normal(shape)
    truth = np.searchsorted(NORMAL_EDGES, z, side="right").astype(float)
    common = draw(random, (trials, subjects, 1))
    estimates = {}
    for name, model in (("strong", STRONG), ("weak", WEAK)):
        own = draw(random, (trials, subjects, 1))
        of_subject = np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own
        error = np.sqrt(ICC) * of_subject + np.sqrt(1 - ICC) * draw(random, shape)
        estimates[name] = MEAN + model.slope * (truth - MEAN) + model.deviation * error
    return Partitions(np.arange(max(VIDEOS)) < videos, truth, estimates)


def true_values(errors: str, subjects: int, random: np.random.Generator) -> dict[tuple[str, str], float]:
    """Return RMSE, MAE, r and CCC of both models over the videos of very many subjects, by NumPy's own formulas.

    This is what the metric of a test partition goes to with more and more subjects; each video counts once, so subjects
    with more videos count more.

    Args:
        errors: see `simulate`.
        subjects: number of subjects.
        random: source of the draws.
    """
    partition = simulate(errors, 1, subjects, random)
    values = {}
    truth = partition.truth[partition.present]
    for name, estimates in partition.estimates.items():
        estimate = estimates[partition.present]
        (xx, xy), (_, yy) = np.cov(truth, estimate)
        values[name, "rmse"] = float(np.linalg.norm(estimate - truth) / np.sqrt(len(truth)))
        values[name, "mae"] = float(np.abs(estimate - truth).mean())
        values[name, "pcc"] = float(np.corrcoef(truth, estimate)[0, 1])
        values[name, "ccc"] = float(2 * xy / (xx + yy + (truth.mean() - estimate.mean()) ** 2))
    return values
