"""The work of a training step as CUDA graphs, captured once for the forward and backward pass, and then replayed.

A deep network is a thousand small kernels, and the host takes longer to launch them than the GPU to run them: MSN-69
over 24 clips was launched in 80 ms and finished in 45 ms (H200).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

WARMUP_PASSES = 3  # before capturing: memory is allocated, parts are compiled and algorithms are chosen

Forward = Callable[[Tensor], Tensor]


class _GraphedModule(nn.Module):
    """The function that is captured, as a module that has the network's parameters."""

    def __init__(self, network: nn.Module, forward: Forward) -> None:
        super().__init__()
        self.network = network
        self.function = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def capture_graphs(network: nn.Module, forward: Forward, example: Tensor) -> Forward:
    """Capture `forward` for training, for inputs of the shape of `example`.

    Every forward pass must be followed by its backward pass. Each replay overwrites the gradients of the one before,
    so they must be used up first: no accumulation.

    Args:
        network: whose parameters and buffers `forward` uses; they are left unchanged.
        forward: the function, on a GPU; captured under the caller's autocast, without its cache of cast weights.
        example: an input.
    """
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    graphed = _GraphedModule(network, forward).train()
    caches = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)  # a cached weight would be captured as a constant
    try:
        torch.cuda.make_graphed_callables(graphed, (example,), WARMUP_PASSES)
    finally:
        torch.set_autocast_cache_enabled(caches)
    for buffer, value in buffers:
        buffer.copy_(value)
    return lambda clips: graphed(clips)  # not the module: as an attribute it would count as layers of its owner
