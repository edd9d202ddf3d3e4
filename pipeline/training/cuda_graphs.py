"""The work of a step recorded once as CUDA graphs, forward and backward, and then replayed.

A deep network is a thousand small pieces of work for a GPU, and telling it each takes the host longer than the GPU
needs for it: MSN-69 over 24 clips was told in 80 ms and done in 45 (H200).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

WARMUP_PASSES = 3  # passes before recording, in which memory is laid out, parts are compiled and algorithms are chosen

Forward = Callable[[Tensor], Tensor]


class _GraphedModule(nn.Module):
    """What is recorded: a function of clips with a network's parameters."""

    def __init__(self, network: nn.Module, answer: Forward) -> None:
        super().__init__()
        self.network = network
        self.answer = answer

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(x)


def capture_graphs(network: nn.Module, answer: Forward, example: Tensor) -> Forward:
    """`answer`, replayed: for clips of the size of `example`, in training, a backward pass after each forward pass.

    Gradients lie where the next replay puts its own, so they must be used up before it: no accumulation.

    Args:
        network: whose parameters and statistics `answer` uses; left as it is.
        answer: what is recorded, on a GPU, under autocast where it is to run so (without autocast's cache).
        example: clips as they will come.
    """
    statistics = [(buffer, buffer.clone()) for buffer in network.buffers()]
    answering = _GraphedModule(network, answer).train()
    torch.cuda.make_graphed_callables(answering, (example,), WARMUP_PASSES)
    for buffer, before in statistics:
        buffer.copy_(before)
    return lambda clips: answering(clips)  # no module: who keeps it shall not take it for layers of its own
