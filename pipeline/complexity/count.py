"""The cost of a network by counting: its parameters, and the multiply-adds of one clip.

A multiply-add is one multiplication and one addition, so a cost in FLOP is twice as large. Convolutions and fully
connected layers count, at every position of their windows, including those over padding, as they are computed. Batch
norm, activations, pools, additions and biases do not count; together they are below a hundredth.
"""

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.params import Model


@dataclass(frozen=True)
class Cost:
    """The cost of a network with its regression head.

    Attributes:
        parameters: number of learned parameters, without running statistics.
        macs: multiply-adds of one clip.
    """

    parameters: int
    macs: int


def cost_of(model: Model, frames: int, size: int) -> Cost:
    """Count the cost of the network that `model` describes, on the meta device: nothing is computed or allocated.

    Args:
        model: the section `model` of params.yaml.
        frames: of a clip.
        size: height and width of the clip in pixels.

    Raises:
        ValueError: if the network does not accept such clips.
    """
    with torch.device("meta"):
        network = build(model, Regression()).eval()
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, frames, size, size))
    return Cost(sum(weight.numel() for weight in network.parameters()), counter.get_total_flops() // 2)
