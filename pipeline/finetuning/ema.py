"""The exponential moving average (EMA) of a network's weights and of the statistics of its norms."""

from itertools import chain

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, share: float) -> None:
    """Update `average` in place by one step of the network.

    Each floating-point parameter and buffer w of `average` becomes share x w + (1 - share) x (the network's). Integer
    buffers, such as the batch counts of norms, are copied. A share of 0 copies the network. Nothing waits for a GPU.
    """
    averaged = list(chain(average.parameters(), average.buffers()))
    current = list(chain(network.parameters(), network.buffers()))
    pairs = [pair for pair in zip(averaged, current, strict=True) if pair[0].is_floating_point()]
    get_ema_multi_avg_fn(share)([old for old, _ in pairs], [new for _, new in pairs], 0)
    for old, new in zip(averaged, current, strict=True):
        if not old.is_floating_point():
            old.copy_(new)
