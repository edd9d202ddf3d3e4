"""Clip network: MSN, C3D or I3D estimates the score of clips, as in the MSN paper (section 3 and 4.2)."""

from pipeline.estimators.network_estimator import NetworkEstimator
from pipeline.nets.heads import Regression
from pipeline.params.network import Clip


class ClipNetwork(NetworkEstimator):
    """A network with a regression head, fitted with half the mean squared error of clips."""

    head_type = Regression

    @classmethod
    def head(cls, score_range: tuple[int, int]) -> Regression:
        """Return the regression head: one output, whatever the range."""
        return Regression()

    @classmethod
    def span_length(cls, clip: Clip) -> int:
        """Return clip.length."""
        return clip.length
