"""Scales on which a metric is nearer to a normal distribution, with the same spread whatever its value is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from pipeline.statistics.clusters import Values


@dataclass(frozen=True)
class Scale:
    """A scale: a growing function of a metric, and the way back.

    Attributes:
        name: of the function.
        forward: from the metric to the scale; infinite at a bound of the metric.
        backward: from the scale to the metric.
    """

    name: str
    forward: Callable[[Values], Values]
    backward: Callable[[Values], Values]


def _same(values: Values) -> Values:
    return values


IDENTITY = Scale("identity", _same, _same)  # of means and differences
LOG = Scale("log", np.log, np.exp)  # of positive metrics, as errors and ratios are
LOGIT = Scale("logit", special.logit, special.expit)  # of shares and areas between 0 and 1
FISHER_Z = Scale("Fisher's z", np.arctanh, np.tanh)  # of coefficients between -1 and 1 (Fisher, Metron 1, 1921)
