"""Running statistics of batch norm, if several processes share the microbatches of a batch."""

from typing import cast

import torch
from torch import Tensor, nn

from pipeline.training.distributed import all_reduce_sum, rank, world_size


class RunningStatistics:
    """Keeps the running statistics of all processes as if one process had computed all microbatches in order.

    A microbatch with statistics s moves running statistics r to (1 - m) r + m s, with the momentum m. So k microbatches
    of a process add c = r_k - (1 - m)^k r to r, and N processes, in the order of their ranks, come to

        (1 - m)^(N k) r + sum over i = 0 .. N - 1 of (1 - m)^(k (N - 1 - i)) c_i
    """

    def __init__(self, network: nn.Module, microbatches: int) -> None:
        """Take a network, and the microbatches per batch of this process. SyncBatchNorm synchronises its own."""
        self.norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d)]
        self.microbatches = microbatches
        self.before: list[Tensor] = []

    def begin(self) -> None:
        """Remember the statistics before the first microbatch of a batch."""
        if world_size() > 1:
            self.before = [statistics.to(torch.float64, copy=True) for statistics in self._running()]

    def merge(self) -> None:
        """Merge the statistics of all processes after the last microbatch of a batch."""
        others = world_size() - 1
        if not others or not self.norms:
            return
        added = []
        for running, before, decay in zip(self._running(), self.before, self._decays(), strict=True):
            added.append(decay ** (others - rank()) * (running.double() - decay * before))
        sums = all_reduce_sum(torch.cat(added)).split([len(part) for part in added])
        for running, before, decay, part in zip(self._running(), self.before, self._decays(), sums, strict=True):
            running.copy_(decay ** world_size() * before + part)
        for norm in self.norms:
            cast(Tensor, norm.num_batches_tracked).add_(self.microbatches * others)

    def _running(self) -> list[Tensor]:
        return [cast(Tensor, statistics) for norm in self.norms for statistics in (norm.running_mean, norm.running_var)]

    def _decays(self) -> list[float]:
        """The factor by which one process's microbatches reduce each of the running statistics."""
        return [(1 - cast(float, norm.momentum)) ** self.microbatches for norm in self.norms for _ in range(2)]
