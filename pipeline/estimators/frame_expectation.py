"""Frame expectation: a network of single frames estimates a distribution over all scores; its mean is the estimate.

W. C. de Melo, E. Granger, A. Hadid, "Depression Detection Based on Deep Distribution Learning", ICIP 2019: ResNet-50,
pretrained on faces; one fully connected layer with an output for each score from 0 to 63, and softmax; the estimate of
a video is the mean over its frames. The loss is recalled, not read (see `ExpectedScore`). Further terms of the
published loss, its optimiser and augmentation were not found: they are those of section `finetune`, as for MSN.
"""

from pipeline.estimators.network_estimator import NetworkEstimator
from pipeline.nets.heads import Expectation
from pipeline.params.network import Clip
from pipeline.records.labels import HIGHEST_SCORE


class FrameExpectation(NetworkEstimator):
    """A network of single frames, which are clips of one frame, fitted with the error of its expected score."""

    @classmethod
    def head(cls) -> Expectation:
        """Return the head: one output for each score from 0 to the highest."""
        return Expectation(int(HIGHEST_SCORE) + 1)

    @classmethod
    def span_length(cls, clip: Clip) -> int:
        """Return 1: every frame with a face is estimated."""
        return 1
