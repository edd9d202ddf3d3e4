"""The cost of a network by counting: its parameters, and the multiply-adds of one clip.

A multiply-add is one multiplication and one addition, so a cost in FLOP is twice as large. Convolutions and fully
connected layers count, at every position of their windows, including those over padding, as they are computed. Batch
norm, activations, pools, additions and biases do not count; together they are below a hundredth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from pipeline.nets.build import Network


@dataclass(frozen=True)
class Cost:
    """The cost of a network with its head.

    Attributes:
        parameters: number of learned parameters, without running statistics.
        macs: multiply-adds of one clip, or of one frame for a network of single frames.
    """

    parameters: int
    macs: int


def cost_of(make: Callable[[], tuple[Network, int]], size: int) -> Cost:
    """Count the cost of a network on the meta device: nothing is computed or allocated.

    Args:
        make: creates the network, and says how many frames its clips have.
        size: height and width of the clip in pixels.

    Raises:
        ValueError: if the network does not accept such clips.
    """
    with torch.device("meta"):
        network, frames = make()
        with FlopCounterMode(display=False) as counter:
            network.eval()(torch.empty(1, 3, frames, size, size))
    return Cost(sum(weight.numel() for weight in network.parameters()), counter.get_total_flops() // 2)
