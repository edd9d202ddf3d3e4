"""Objectives: what a network's outputs mean in points, and the loss that they are fitted with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.models.description import Description, Target
from pipeline.nets.heads import Expectation


@runtime_checkable
class Objective(Protocol):
    """The meaning of a network's outputs."""

    def targets(self, scores: Sequence[float]) -> list[float]:
        """Return what each score, in points, is fitted as."""

    def loss(self, outputs: Float[Tensor, "batch outputs"], targets: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """Return the mean loss over a batch."""

    def points(self, outputs: Float[Tensor, "batch outputs"]) -> Float[Tensor, " batch"]:
        """Return the estimates, in points."""


@dataclass(frozen=True)
class SquaredError:
    """One output, in the unit of the target; half the mean squared error.

    Attributes:
        target: the mean and the deviation of the scores that an output of 0 and 1 stand for.
    """

    target: Target

    def targets(self, scores: Sequence[float]) -> list[float]:
        """Return the scores in the unit of the target."""
        return [(score - self.target.mean) / self.target.deviation for score in scores]

    def loss(self, outputs: Float[Tensor, "batch 1"], targets: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """Return 1 / (2 N) times the sum of squared errors over N clips."""
        return (outputs[:, 0] - targets).square().mean() / 2

    def points(self, outputs: Float[Tensor, "batch 1"]) -> Float[Tensor, " batch"]:
        """Return the outputs in points."""
        return outputs[:, 0] * self.target.deviation + self.target.mean


@dataclass(frozen=True)
class ExpectedScore:
    """A logit for each whole score of the range; the estimate E is the expected value of their softmax p.

    The loss pushes E to the score y: 1 / (2 N) times the sum of (E - y)^2, with the gradient (E - y) p_j (j - E) / N of
    logit j (W. C. de Melo, E. Granger, A. Hadid, "Depression Detection Based on Deep Distribution Learning", ICIP 2019;
    the formula is recalled, not read).

    Attributes:
        levels: number of scores.
        lowest: the first of them.
    """

    levels: int
    lowest: int = 0

    def targets(self, scores: Sequence[float]) -> list[float]:
        """Return the scores."""
        return list(scores)

    def loss(self, outputs: Float[Tensor, "batch levels"], targets: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """Return half the mean squared error of the expected scores."""
        return (self.points(outputs) - targets).square().mean() / 2

    def points(self, outputs: Float[Tensor, "batch levels"]) -> Float[Tensor, " batch"]:
        """Return the expected scores."""
        levels = torch.arange(self.levels, dtype=outputs.dtype, device=outputs.device) + self.lowest
        return (outputs.softmax(dim=1) * levels).sum(dim=1)


def objective_of(description: Description) -> Objective:
    """Return the objective that the weights with this description were fitted with.

    Raises:
        ValueError: if they estimate no score.
    """
    if isinstance(description.head, Expectation):
        return ExpectedScore(description.head.levels, description.head.lowest)
    if description.target is None:
        raise ValueError("these weights estimate no score; allowed: weights of a network that does")
    return SquaredError(description.target)


def fit_target(scores: Sequence[float], standardise: bool) -> Target:
    """Return the target whose outputs 0 and 1 mean the fitted scores' mean and one standard deviation above it.

    Equal scores have no deviation to divide by; then it is 1 point. Without `standardise` outputs are points.
    """
    if not standardise:
        return Target(0.0, 1.0)
    return Target(float(np.mean(scores)), float(np.std(scores)) or 1.0)
