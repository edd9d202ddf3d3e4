"""Objectives: their losses, gradients and points, with values worked by hand."""

import math

import pytest
import torch

from pipeline.models.description import Description, Target
from pipeline.nets.heads import Expectation, Recognition, Regression
from pipeline.score_networks.objectives import ExpectedScore, SquaredError, fit_target, objective_of
from tests.pipeline.training.material import MODEL


def test_the_expected_score_is_the_mean_of_the_softmax() -> None:
    """The softmax of ln 1, ln 2, ln 1 is 1/4, 1/2, 1/4; that of 0, 0, ln 6 is 1/8, 1/8, 6/8."""
    logits = torch.tensor([[0.0, math.log(2), 0.0], [0.0, 0.0, math.log(6)]])
    assert ExpectedScore(3).points(logits).tolist() == pytest.approx([1.0, 13 / 8])
    assert ExpectedScore(3).points(logits + 50).tolist() == pytest.approx([1.0, 13 / 8])


def test_the_expected_score_is_pushed_to_the_score() -> None:
    """Loss (1 - 1.6)^2 / 2; gradient of logit j: (1 - 1.6) p_j (j - 1), with p of 1/4, 1/2 and 1/4."""
    logits = torch.tensor([[0.0, math.log(2), 0.0]], dtype=torch.float64, requires_grad=True)
    loss = ExpectedScore(3).loss(logits, torch.tensor([1.6], dtype=torch.float64))
    loss.backward()
    assert loss.item() == pytest.approx(0.18)
    assert logits.grad is not None
    assert logits.grad[0].tolist() == pytest.approx([0.15, 0.0, -0.15])


def test_the_loss_of_expected_scores_is_a_mean_over_the_batch() -> None:
    """Errors of 1 - 1.6 and 13/8 - 0: (0.36 + 169/64) / 4. The gradient of the first clip is half of the above."""
    logits = torch.tensor([[0.0, math.log(2), 0.0], [0.0, 0.0, math.log(6)]], dtype=torch.float64, requires_grad=True)
    loss = ExpectedScore(3).loss(logits, torch.tensor([1.6, 0.0], dtype=torch.float64))
    loss.backward()
    assert loss.item() == pytest.approx((0.36 + 169 / 64) / 4)
    assert logits.grad is not None
    assert logits.grad[0].tolist() == pytest.approx([0.075, 0.0, -0.075])


def test_expected_scores_have_the_precision_of_the_outputs() -> None:
    logits = torch.full((1, 64), -1e4)
    logits[0, 63] = 0.0
    for dtype in (torch.float32, torch.float64):
        points = ExpectedScore(64).points(logits.to(dtype))
        assert points.dtype == dtype
        assert points.tolist() == [63.0]


def test_scores_are_fitted_as_they_are_by_the_expected_score() -> None:
    assert ExpectedScore(64).targets([0.0, 12.5, 63.0]) == [0.0, 12.5, 63.0]


def test_squared_error_is_half_the_mean_square() -> None:
    outputs = torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.float64, requires_grad=True)
    loss = SquaredError(Target(15.0, 4.0)).loss(outputs, torch.tensor([0.0, 1.0, 0.5], dtype=torch.float64))
    loss.backward()
    assert loss.item() == pytest.approx((1 + 9 + 0) / 6)
    assert outputs.grad is not None
    assert outputs.grad[:, 0].tolist() == pytest.approx([1 / 3, -1.0, 0.0])


def test_squared_error_has_the_unit_of_its_target() -> None:
    objective = SquaredError(Target(15.0, 4.0))
    assert objective.targets([15.0, 19.0, 5.0]) == [0.0, 1.0, -2.5]
    assert objective.points(torch.tensor([[0.0], [1.0], [-2.5]])).tolist() == [15.0, 19.0, 5.0]


def test_the_head_chooses_the_objective() -> None:
    target = Target(15.0, 4.0)
    assert objective_of(Description(MODEL, Regression(), 8, target)) == SquaredError(target)
    assert objective_of(Description(MODEL, Expectation(64), 1)) == ExpectedScore(64)


@pytest.mark.parametrize("head", [Recognition(3), None])
def test_weights_without_a_score_have_no_objective(head: Recognition | None) -> None:
    with pytest.raises(ValueError, match="these weights estimate no score"):
        objective_of(Description(MODEL, head, 8))


def test_the_target_is_fitted_to_scores() -> None:
    assert fit_target([10.0, 14.0], standardise=True) == Target(12.0, 2.0)
    assert fit_target([10.0, 14.0], standardise=False) == Target(0.0, 1.0)
    assert fit_target([7.0, 7.0], standardise=True) == Target(7.0, 1.0)


def test_scores_of_an_expectation_begin_at_the_lowest() -> None:
    """Scores -5, -4 and -3 with shares 1/4, 1/2 and 1/4: the mean is -4."""
    logits = torch.log(torch.tensor([[1.0, 2.0, 1.0]], dtype=torch.float64))
    assert ExpectedScore(3, lowest=-5).points(logits).tolist() == pytest.approx([-4.0])
    assert objective_of(Description(MODEL, Expectation(3, -5), 1)) == ExpectedScore(3, -5)
