"""Heads, which map the features of a clip to a score, or to logits over scores or identities."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

HIDDEN = 512  # units of both FC layers of the regression head, at any width multiplier


@dataclass(frozen=True)
class Regression:
    """A head that estimates the score."""

    name = "regression"


@dataclass(frozen=True)
class Expectation:
    """A head that estimates a distribution over whole scores, whose expected value is the estimate.

    Attributes:
        levels: number of scores, at least 2.
        lowest: the first of them; the others follow without gaps.
    """

    levels: int
    lowest: int = 0
    name = "expectation"

    def __post_init__(self) -> None:
        if self.levels < 2:
            raise ValueError(f"{self.levels} levels; allowed: at least 2")


@dataclass(frozen=True)
class Recognition:
    """A head that classifies identities.

    Attributes:
        classes: number of identities, at least 2.
    """

    classes: int
    name = "recognition"

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise ValueError(f"{self.classes} identities; allowed: at least 2, else there is nothing to tell apart")


Head = Regression | Expectation | Recognition


class RegressionHead(nn.Module):
    """FC 512, ReLU, dropout, FC 512, ReLU, dropout, linear 1 (table 1 of the paper)."""

    def __init__(self, features: int, dropout: float) -> None:
        """Create the layers over `features` inputs."""
        super().__init__()
        self.layers = nn.Sequential(
            *[nn.Linear(features, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(dropout)],
            *[nn.Linear(HIDDEN, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(dropout)],
        )
        self.last = nn.Linear(HIDDEN, 1)

    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch 1"]:
        """Estimate the score of each clip, in the unit of the weights' `Target`."""
        return self.last(self.layers(x))


class LinearHead(nn.Module):
    """One linear layer, to logits over identities or scores, or to the score itself (after FC layers).

    For recognition its inputs are the pooled features, as in the authors' code.
    """

    def __init__(self, features: int, outputs: int) -> None:
        """Create the layer over `features` inputs."""
        super().__init__()
        self.last = nn.Linear(features, outputs)

    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch outputs"]:
        """Compute the outputs of each clip."""
        return self.last(x)
