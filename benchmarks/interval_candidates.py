"""Ways to compute 95 % intervals over subjects: the project's, and others that were tried beside it.

Each gets the sums of all trials (trials, subjects, features), and returns both ends on the scale, one for each trial.
"""

from collections.abc import Callable

import numpy as np
from scipy import stats

from pipeline.statistics.clusters import leave_one_out
from pipeline.statistics.jackknife import Function, jackknife
from pipeline.statistics.scales import Scale

Ends = tuple[np.ndarray, np.ndarray]
TAILS = (0.025, 0.975)


def shipped(sums: np.ndarray, function: Function, scale: Scale, counts: np.ndarray) -> Ends:
    """Return the project's interval: Student's t, degrees of freedom from the fourth moment."""
    low, high = jackknife(sums, function, scale).ends()
    return np.asarray(low), np.asarray(high)


def student(sums: np.ndarray, function: Function, scale: Scale, counts: np.ndarray) -> Ends:
    """Return the same with as many degrees of freedom as there are subjects less one."""
    result = jackknife(sums, function, scale)
    reach = stats.t.ppf(TAILS[1], sums.shape[1] - 1) * result.standard_error
    return np.asarray(result.estimate - reach), np.asarray(result.estimate + reach)


def percentile(sums: np.ndarray, function: Function, scale: Scale, counts: np.ndarray) -> Ends:
    """Return the percentiles of the bootstrap over subjects: the interval that is most often used."""
    ends = [np.nanquantile(scale.forward(function(counts @ trial)), TAILS) for trial in sums]
    low, high = np.transpose(ends)
    return low, high


def bca(sums: np.ndarray, function: Function, scale: Scale, counts: np.ndarray) -> Ends:
    """Return the bias-corrected and accelerated percentiles (Efron, JASA 82, 1987)."""
    ends = []
    for trial in sums:
        values = np.asarray(scale.forward(function(counts @ trial)))
        without = np.asarray(scale.forward(function(leave_one_out(trial))))
        influence = without.mean() - without
        acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
        below = (values < scale.forward(function(trial.sum(0)))).mean()
        bias = stats.norm.ppf(np.clip(below, 1 / len(values), 1 - 1 / len(values)))
        z = bias + stats.norm.ppf(TAILS)
        ends.append(np.nanquantile(values, stats.norm.cdf(bias + z / (1 - acceleration * z))))
    low, high = np.transpose(ends)
    return low, high


def bootstrap_t(sums: np.ndarray, function: Function, scale: Scale, counts: np.ndarray) -> Ends:
    """Return the studentised bootstrap: percentiles of (resampled - value) / standard error of the resample."""
    ends = []
    subjects = sums.shape[1]
    for trial in sums:
        original = jackknife(trial, function, scale)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = counts @ trial
            without = np.asarray(scale.forward(function(drawn[:, None] - trial)))
            without = np.where(counts > 0, without, 0)
            centre = (counts * without).sum(1, keepdims=True) / subjects
            squares = (counts * (without - centre) ** 2).sum(1)
            error = np.sqrt((subjects - 1) / subjects * squares)
            t = (np.asarray(scale.forward(function(drawn))) - original.estimate) / error
        upper, lower = np.nanquantile(t, TAILS[::-1])
        ends.append(
            [original.estimate - upper * original.standard_error, original.estimate - lower * original.standard_error]
        )
    low, high = np.transpose(ends)
    return low, high


METHODS: dict[str, Callable[[np.ndarray, Function, Scale, np.ndarray], Ends]] = {
    "shipped": shipped,
    "percentile": percentile,
    "student": student,
    "bca": bca,
    "bootstrap-t": bootstrap_t,
}
