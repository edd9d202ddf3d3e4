"""The variance of a metric from two sources: which subjects were tested, and which seeds the models were trained with.

R models of one configuration estimate the same videos of S subjects. With the model r and the subject s, the metric of
one model is close to a mean over the subjects of

    m + a_r + u_s + v_rs,

where a is what a seed does to all subjects, u what a subject does to all models, and v what is left: that one model is
good for one subject. The mean over models then has the variance A / R + U / S + V / (R S). Three mean squares of the
S x R table tell it, as in the analysis of readers and cases in radiology (Dorfman, Berbaum and Metz, Investigative
Radiology 27, 1992), where jackknife pseudovalues stand in the table because the metric is no mean:

- the jackknife over subjects of the mean over models has U / S + V / (R S),
- the variance between models over R has A / R + V / (R S),
- the rest of the table over R has V / (R S), which the two others both contain.

The variance is the sum of the first two without the third, and never less than either of the first two: a rest that is
too large by chance must not hide a source. Without the subtraction, V would be counted twice, and the interval of two
equal configurations would be up to 1.4 times too wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from pipeline.statistics.jackknife import Uncertainty


@dataclass(frozen=True)
class SeedVariance:
    """What other seeds do to the metric of a single model, on some scale.

    Attributes:
        total: variance between models, on the same subjects.
        by_subject: the part of it that is another for every subject (V / S), which the jackknife has as well.
        degrees: degrees of freedom of `total`.
        degrees_by_subject: degrees of freedom of `by_subject`.
    """

    total: float
    by_subject: float
    degrees: float
    degrees_by_subject: float

    @property
    def common(self) -> float:
        """The part that is the same for all subjects (A); 0 if the other one is larger by chance."""
        return max(self.total - self.by_subject, 0.0)


def seed_variance(
    values: Float[np.ndarray, " models"], left_out: Float[np.ndarray, "models subjects"]
) -> SeedVariance | None:
    """Return what other seeds do to the metric of a single model; None of fewer than two models or subjects.

    Args:
        values: the metric of each model, on the scale.
        left_out: the same without one subject each.
    """
    models, subjects = left_out.shape
    if models < 2 or subjects < 2:
        return None
    influence = (subjects - 1) * (left_out.mean(1, keepdims=True) - left_out)
    rest = influence - influence.mean(0)
    degrees_by_subject = (models - 1) * (subjects - 1)
    by_subject = float(np.sum(rest**2)) / degrees_by_subject / subjects
    return SeedVariance(float(np.var(values, ddof=1)), by_subject, models - 1, degrees_by_subject)


def pool(variances: Sequence[SeedVariance]) -> SeedVariance | None:
    """Return the mean of variances, weighted by their degrees of freedom; None of none."""
    if not variances:
        return None
    degrees = sum(item.degrees for item in variances)
    degrees_by_subject = sum(item.degrees_by_subject for item in variances)
    return SeedVariance(
        sum(item.degrees * item.total for item in variances) / degrees,
        sum(item.degrees_by_subject * item.by_subject for item in variances) / degrees_by_subject,
        degrees,
        degrees_by_subject,
    )


def add_seeds(of_subjects: Uncertainty, seeds: Sequence[tuple[SeedVariance, int]]) -> Uncertainty:
    """Add what other seeds do to the uncertainty of a mean over models, or of the difference of two such means.

    Degrees of freedom are Satterthwaite's (Biometrics Bulletin 2, 1946), not below those between the models nor above
    those between the subjects.

    Args:
        of_subjects: the jackknife over subjects of the mean or difference.
        seeds: what seeds do to a single model of the mean (of each of the two means), and the number of its models;
            empty if seeds were not varied. One variance that stands there twice is known no better for it.
    """
    shares = {id(item): sum(1 / models for other, models in seeds if other is item) for item, _ in seeds}
    sources = list({id(item): item for item, _ in seeds}.values())
    terms = [(item.total * shares[id(item)], item.degrees) for item in sources]
    rests = [(item.by_subject * shares[id(item)], item.degrees_by_subject) for item in sources]
    of_seeds, rest = (sum(variance for variance, _ in parts) for parts in (terms, rests))
    if of_seeds == 0:
        return of_subjects
    subjects_term = float(of_subjects.standard_error) ** 2, float(of_subjects.degrees)
    variance = max(subjects_term[0] + of_seeds - rest, subjects_term[0], of_seeds)
    degrees = variance**2 / _squares([subjects_term, *terms, *rests])
    lowest = of_seeds**2 / _squares(terms)
    degrees = min(max(degrees, lowest), subjects_term[1])
    return Uncertainty(of_subjects.estimate, np.asarray(variance**0.5), np.asarray(degrees))


def p_value(uncertainty: Uncertainty) -> float:
    """Return the two-sided p of an estimate that would be 0 but for chance; 1 if the estimate is 0."""
    if uncertainty.estimate == 0:
        return 1.0
    with np.errstate(divide="ignore"):
        return float(2 * stats.t.sf(np.abs(uncertainty.estimate) / uncertainty.standard_error, uncertainty.degrees))


def _squares(terms: Sequence[tuple[float, float]]) -> float:
    """Return the sum of squared variances over their degrees of freedom."""
    return sum(variance**2 / degrees for variance, degrees in terms)
