"""What it does to look at many configurations: the best of them looks better than it is, and some difference is found.

Holm's procedure (A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979)
keeps the probability of any false difference among all that were looked at below 5 %, whatever depends on what.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from scipy import integrate, stats


def holm(p_values: Sequence[float], looked_at: int | None = None) -> list[float]:
    """Return Holm's adjusted p of each p: of the i-th smallest of m, the largest (m - j + 1) p_j up to i, at most 1.

    Args:
        p_values: of the differences that are shown.
        looked_at: number of differences that could have been shown; at least as many, and by default those.

    Examples:
        >>> holm([0.04, 0.01, 0.03])
        [0.06, 0.03, 0.06]
        >>> holm([0.04, 0.01], looked_at=6)
        [0.2, 0.06]
    """
    number = len(p_values) if looked_at is None else looked_at
    order = np.argsort(p_values, kind="stable")
    steps = accumulate((min((number - i) * p_values[row], 1.0) for i, row in enumerate(order)), max)
    adjusted = dict(zip(order.tolist(), steps, strict=True))
    return [float(adjusted[row]) for row in range(len(p_values))]


def expected_best(configurations: int) -> float:
    """Return by how many standard deviations the best of equal configurations is expected to be better than their mean.

    It is the mean of the largest of k independent standard normal numbers, the integral of x d(Phi(x)^k).

    Examples:
        >>> round(expected_best(1), 6), round(expected_best(2), 6)  # 0 and 1 / sqrt(pi)
        (0.0, 0.56419)
    """

    def integrand(x: float) -> float:
        return float(x * configurations * stats.norm.pdf(x) * stats.norm.cdf(x) ** (configurations - 1))

    return float(integrate.quad(integrand, -np.inf, np.inf)[0])
