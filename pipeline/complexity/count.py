"""What a network costs, counted and not timed: its parameters, and the multiply-adds of one clip.

The convention: a multiply-add is one multiplication with one addition, so a cost in FLOP is twice as much. Counted are
convolutions and fully connected layers, with every place of their windows, those over padding included, as they are
computed; batch norm, activations, pools, additions and biases are not, which together are below a hundredth.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.nets.build import Network, build
from pipeline.nets.heads import Regression
from pipeline.params import Model


@dataclass(frozen=True)
class Cost:
    """What a network with its regression head costs.

    Attributes:
        parameters: numbers that are learned; running statistics are not.
        macs: multiply-adds of one clip.
    """

    parameters: int
    macs: int


def cost_of(model: Model, frames: int, size: int) -> Cost:
    """Count what the network costs that `model` describes; nothing is computed and no memory is taken.

    Args:
        model: the section `model` of params.yaml.
        frames: of a clip.
        size: pixels of the face each way.

    Raises:
        ValueError: where the network does not take such clips.
    """
    with torch.device("meta"):
        network = build(model, Regression()).eval()
        with _counting(network) as counts:
            network(torch.empty(1, 3, frames, size, size))
    return Cost(sum(weight.numel() for weight in network.parameters()), sum(counts))


@contextmanager
def _counting(network: Network) -> Iterator[list[int]]:
    """Note the multiply-adds of every convolution and linear layer that runs in the block."""
    counts: list[int] = []

    def note(layer: nn.Module, _: object, output: Tensor) -> None:
        assert isinstance(layer, nn.Conv3d | nn.Linear)
        counts.append(output.numel() * layer.weight[0].numel())  # each number out is a sum over one filter

    hooks = [
        layer.register_forward_hook(note) for layer in network.modules() if isinstance(layer, nn.Conv3d | nn.Linear)
    ]
    try:
        yield counts
    finally:
        for hook in hooks:
            hook.remove()
