"""What an estimator may be able to do beside estimating; an estimator that has the attribute has the capability."""

from typing import Protocol, runtime_checkable

from pipeline.nets.build import Network
from pipeline.params.network import Clip, Model
from pipeline.score_networks.scorer import Scorer


@runtime_checkable
class Costed(Protocol):
    """An estimator that is a network, whose parameters and multiply-adds can be counted."""

    @classmethod
    def architecture(cls, model: Model, clip: Clip, score_range: tuple[int, int]) -> tuple[Network, int]:
        """Return the network with its head, and the number of frames of its input."""


@runtime_checkable
class Differentiable(Protocol):
    """An estimator that is a network, which can be explained by its gradients and exported."""

    def scorer(self) -> Scorer:
        """Return the fitted network as a module from stored faces to points, in evaluation mode."""
