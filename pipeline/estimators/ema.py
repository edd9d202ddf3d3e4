"""The moving average of a network: of its weights, and of the statistics of its norms."""

import torch
from torch import nn


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, share: float) -> None:
    """Have every number w of `average` become share x w + (1 - share) x (the network's); counts are the network's.

    Nothing of it waits for a GPU. A share of 0 is a copy.
    """
    pairs = list(
        zip(
            (*average.parameters(), *average.buffers()),
            (*network.parameters(), *network.buffers()),
            strict=True,
        )
    )
    numbers = [pair for pair in pairs if pair[0].is_floating_point()]
    torch._foreach_lerp_([ours for ours, _ in numbers], [new for _, new in numbers], 1 - share)
    for ours, new in pairs:
        if not ours.is_floating_point():
            ours.copy_(new)
