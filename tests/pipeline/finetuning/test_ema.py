"""Tests of the moving average of a network, with values worked by hand."""

import pytest
import torch
from torch import Tensor, nn

from pipeline.finetuning.ema import update_average


class _Network(nn.Module):
    """A parameter, a floating-point buffer and an integer buffer."""

    def __init__(self, weight: list[float], mean: list[float], count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))
        self.mean: Tensor
        self.count: Tensor
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("count", torch.tensor(count))


def test_floating_point_tensors_are_averaged_and_counts_copied() -> None:
    average, network = _Network([1.0, -2.0], [8.0], 3), _Network([5.0, 2.0], [0.0], 7)
    update_average(average, network, 0.75)
    assert average.weight.tolist() == [2.0, -1.0]  # 0.75 x 1 + 0.25 x 5, 0.75 x -2 + 0.25 x 2
    assert average.mean.tolist() == [6.0]
    assert average.count.item() == 7
    assert (network.weight.tolist(), network.mean.tolist(), network.count.item()) == ([5.0, 2.0], [0.0], 7)


def test_steps_accumulate() -> None:
    average, network = _Network([0.0], [0.0], 0), _Network([1.0], [1.0], 1)
    for _ in range(3):
        update_average(average, network, 0.5)
    assert average.weight.tolist() == [0.875]  # 1 - 0.5^3


def test_a_share_of_zero_copies_the_network() -> None:
    average, network = _Network([0.1, 1e30], [-7.3], 3), _Network([1 / 3, 1e-30], [0.7], 4)
    update_average(average, network, 0.0)
    assert torch.equal(average.weight, network.weight)
    assert torch.equal(average.mean, network.mean)
    assert average.count.item() == 4


def test_a_network_that_requires_gradients_can_be_averaged() -> None:
    average, network = _Network([1.0], [1.0], 1).requires_grad_(False), _Network([3.0], [3.0], 1)
    update_average(average, network, 0.5)
    assert not average.weight.requires_grad
    assert average.weight.tolist() == [2.0]


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="decay"):
        update_average(_Network([1.0], [1.0], 1), _Network([1.0], [1.0], 1), share)
