"""Coefficients of the agreement between scores and estimates: r, concordance, weighted kappa, ratio of spreads."""

import numpy as np
from jaxtyping import Float

from pipeline.statistics.clusters import Sums, Values
from pipeline.statistics.moments import moment_features, moments, ratio
from pipeline.statistics.scales import FISHER_Z, LOG
from pipeline.statistics.statistic import Metric, Scores
from pipeline.statistics.studentised import Studentised

ROUNDING = 1e-12  # from 1 or -1: a coefficient as near as that is at its bound


def _pcc(sums: Sums) -> Values:
    values = moments(sums)
    return _bounded(ratio(values.covariance, np.sqrt(values.variance_x * values.variance_y)))


def _concordance(sums: Sums) -> Values:
    values = moments(sums)
    distance = (values.mean_x - values.mean_y) ** 2
    return _bounded(ratio(2 * values.covariance, values.variance_x + values.variance_y + distance))


def _ccc(sums: Sums) -> Values:
    values = moments(sums)
    return np.where((values.variance_x == 0) & (values.variance_y == 0), np.nan, _concordance(sums))


def _spread(sums: Sums) -> Values:
    values = moments(sums)
    return np.sqrt(ratio(values.variance_y, values.variance_x))


def _bounded(coefficient: Values) -> Values:
    return np.where(np.abs(coefficient) > 1 - ROUNDING, np.sign(coefficient), coefficient)


pcc = Metric(moment_features, _pcc, Studentised(FISHER_Z))
"""Pearson's correlation coefficient r = s_xy / (s_x s_y); None if scores or estimates do not vary."""

ccc = Metric(moment_features, _ccc, Studentised(FISHER_Z))
"""Concordance correlation 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2), moments over n (Lin, Biometrics 45, 1989).

It is 1 if estimates equal the scores, and 0 if they do not vary; None if neither scores nor estimates vary.
"""

spread = Metric(moment_features, _spread, Studentised(LOG))
"""Ratio of the standard deviation of the estimates to that of the scores; None if the scores do not vary."""


def weighted_kappa(edges: Float[np.ndarray, " edges"]) -> Metric:
    """Return Cohen's weighted kappa of bands, 1 - sum(w O) / sum(w E), w the squared distance between two bands.

    O is the confusion matrix, E the one expected by chance from its margins (Cohen, Psychological Bulletin 70, 1968).
    With these weights it is the concordance correlation of the bands' numbers (King and Chinchilli, Statistics in
    Medicine 20, 2001). None if all scores and all estimates are in one and the same band.

    Args:
        edges: between the bands; a score on an edge is in the higher band.
    """

    def features(truth: Scores, estimate: Scores) -> Float[np.ndarray, "videos 8"]:
        bands = [np.searchsorted(edges, scores, side="right").astype(float) for scores in (truth, estimate)]
        return moment_features(*bands)

    return Metric(features, _concordance, Studentised(FISHER_Z))
