"""Metrics over the repeats of a configuration, and differences of two, with intervals over subjects and seeds.

The value is the mean of the metric over the models. Its interval is Student's t around it, on the metric's own scale
(a difference: in points), with the variance of `pipeline.comparing.variance`. The models of two configurations are
taken as independent of each other, also where they have the same seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

import numpy as np
from jaxtyping import Float, Int

from pipeline.comparing.repeats import Repeats
from pipeline.comparing.variance import SeedVariance, add_seeds, p_value, seed_variance
from pipeline.statistics.clusters import cluster_sums, leave_one_out
from pipeline.statistics.interval import Interval
from pipeline.statistics.jackknife import Function, Uncertainty, jackknife
from pipeline.statistics.scales import IDENTITY, Scale
from pipeline.statistics.statistic import MIN_SUBJECTS, TOO_FEW, Metric
from pipeline.statistics.studentised import Studentised, why_no_interval


@dataclass(frozen=True)
class ModelSums:
    """What the metric of every model of a configuration needs to know about every subject.

    Attributes:
        metric: the metric.
        sums: over the videos of each subject, of each run.
        groups: the model of each run.
    """

    metric: Metric
    sums: Float[np.ndarray, "subjects runs features"]
    groups: Int[np.ndarray, " runs"]

    @property
    def flat(self) -> Float[np.ndarray, "subjects columns"]:
        """The sums of each subject in one line."""
        return self.sums.reshape(len(self.sums), -1)

    def by_model(self, flat: Float[np.ndarray, "*trials columns"]) -> Float[np.ndarray, "*trials models"]:
        """Return the metric of each model, the mean over its runs, from sums over subjects in one line."""
        values = np.asarray(self.metric.function(flat.reshape(*flat.shape[:-1], *self.sums.shape[1:])))
        return np.stack([values[..., self.groups == model].mean(-1) for model in np.unique(self.groups)], -1)

    def mean(self, flat: Float[np.ndarray, "*trials columns"]) -> Float[np.ndarray, "*trials"]:
        """Return the mean over the models, likewise."""
        return np.asarray(self.by_model(flat).mean(-1))

    @property
    def values(self) -> tuple[float, ...] | None:
        """The metric of each model; None if it is not defined for one of them."""
        values = self.by_model(self.flat.sum(0))
        return None if np.isnan(values).any() else tuple(values.tolist())


def model_sums(repeats: Repeats, metric: Metric) -> ModelSums:
    """Return the sums of a metric over the videos of each subject, for all models of a configuration."""
    runs = np.concatenate(repeats.models)
    features = np.stack([metric.features(repeats.truth, run) for run in runs], 1)  # videos runs features
    sums = cluster_sums(features.reshape(len(features), -1), repeats.subjects)
    groups = np.repeat(np.arange(len(repeats.models)), [len(model) for model in repeats.models])
    return ModelSums(metric, sums.reshape(len(sums), *features.shape[1:]), groups)


@dataclass(frozen=True)
class SeededValue:
    """The mean of a metric over the models of a configuration.

    Attributes:
        interval: over subjects, and over seeds if they are known.
        values: of the single models.
    """

    interval: Interval
    values: tuple[float, ...]

    @property
    def deviation(self) -> float | None:
        """The standard deviation between the models (over n - 1); None of a single one."""
        return stdev(self.values) if len(self.values) > 1 else None


@dataclass(frozen=True)
class SeededDifference:
    """The paired difference of a metric between two configurations.

    Attributes:
        interval: of second minus first, over subjects, and over seeds if they are known.
        p: two-sided, that the difference is 0; None without an interval.
        standard_error: in points; None without an interval.
    """

    interval: Interval
    p: float | None
    standard_error: float | None


def seeds_of(repeats: Repeats, metric: Metric, scale: Scale | None = None) -> SeedVariance | None:
    """Return what other seeds do to the metric of one model, on the metric's own or another scale; None if unknown."""
    return _seeds_of(model_sums(repeats, metric), scale or scale_of(metric))


def seeded_value(repeats: Repeats, metric: Metric, lent: SeedVariance | None = None) -> SeededValue | None:
    """Return the mean of a metric over the models; None if the videos do not define it.

    Args:
        repeats: of the configuration.
        metric: the metric.
        lent: what seeds do, on the metric's own scale, to other configurations; taken if there is a single model.
    """
    models = model_sums(repeats, metric)
    if models.values is None:
        return None
    scale = scale_of(metric)
    seeds = _seeds_of(models, scale) or lent
    terms = [(seeds, len(models.values))] if seeds else []
    interval, _ = _interval(mean(models.values), models.flat, models.mean, scale, terms)
    return SeededValue(interval, models.values)


def seeded_difference(
    first: Repeats, second: Repeats, metric: Metric, lent: SeedVariance | None = None
) -> SeededDifference | None:
    """Return the difference second minus first of a metric, in points; None if the videos do not define it.

    Args:
        first: a configuration.
        second: another one, on the same videos.
        metric: the metric.
        lent: what seeds do, in points, to other configurations; taken for one that has a single model.
    """
    minuend, subtrahend = model_sums(second, metric), model_sums(first, metric)
    if minuend.values is None or subtrahend.values is None:
        return None
    width = minuend.flat.shape[1]

    def difference(flat: Float[np.ndarray, "*trials columns"]) -> Float[np.ndarray, "*trials"]:
        return np.asarray(minuend.mean(flat[..., :width]) - subtrahend.mean(flat[..., width:]))

    terms = [
        (seeds, len(item.values or ()))
        for item in (minuend, subtrahend)
        if (seeds := _seeds_of(item, IDENTITY) or lent) is not None
    ]
    sums = np.concatenate([minuend.flat, subtrahend.flat], 1)
    value = mean(minuend.values) - mean(subtrahend.values)
    interval, uncertainty = _interval(value, sums, difference, IDENTITY, terms)
    if uncertainty is None:
        return SeededDifference(interval, None, None)
    return SeededDifference(interval, p_value(uncertainty), float(uncertainty.standard_error))


def scale_of(metric: Metric) -> Scale:
    """Return the scale on which the interval of a metric is symmetric."""
    return metric.method.scale if isinstance(metric.method, Studentised) else IDENTITY


def _seeds_of(models: ModelSums, scale: Scale) -> SeedVariance | None:
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(scale.forward(models.by_model(models.flat.sum(0))))
        without = np.asarray(scale.forward(models.by_model(leave_one_out(models.flat))))
    if not (np.isfinite(values).all() and np.isfinite(without).all()):
        return None
    return seed_variance(values, without.T)


def _interval(
    value: float,
    sums: Float[np.ndarray, "subjects columns"],
    function: Function,
    scale: Scale,
    seeds: Sequence[tuple[SeedVariance, int]],
) -> tuple[Interval, Uncertainty | None]:
    """Return a value with its interval, and the uncertainty behind it."""
    if len(sums) < MIN_SUBJECTS:
        return Interval(value, None, None, TOO_FEW), None
    of_subjects = jackknife(sums, function, scale)
    if reason := why_no_interval(of_subjects):
        return Interval(value, None, None, reason), None
    uncertainty = add_seeds(of_subjects, seeds)
    low, high = (float(scale.backward(end)) for end in uncertainty.ends())
    return Interval(value, low, high), uncertainty
