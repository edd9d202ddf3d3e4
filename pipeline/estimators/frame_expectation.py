"""Frame expectation: a network of single frames estimates a distribution over all scores; its mean is the estimate.

W. C. de Melo, E. Granger, A. Hadid, "Depression Detection Based on Deep Distribution Learning", ICIP 2019: ResNet-50,
pretrained on faces; one fully connected layer with an output for each score of the range, and softmax; the estimate of
a video is the mean over its frames. The loss is recalled, not read (see `ExpectedScore`). Further terms of the
published loss, its optimiser and augmentation were not found: they are those of section `finetune`, as for MSN.
"""

from pipeline.estimators.network_estimator import NetworkEstimator
from pipeline.nets.heads import Expectation
from pipeline.params.network import Clip


class FrameExpectation(NetworkEstimator):
    """A network of single frames, which are clips of one frame, fitted with the error of its expected score."""

    head_type = Expectation

    @classmethod
    def head(cls, score_range: tuple[int, int]) -> Expectation:
        """Return the head: one output for each score from the lowest to the highest."""
        lowest, highest = score_range
        return Expectation(highest - lowest + 1, lowest)

    @classmethod
    def span_length(cls, clip: Clip) -> int:
        """Return 1: every frame with a face is estimated."""
        return 1
