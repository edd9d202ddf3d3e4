"""Batch norm's running statistics, where processes share the parts of a batch."""

from typing import cast

import torch
from torch import Tensor, nn

from pipeline.training.distributed import all_reduce_sum, rank, world_size


class BatchNormSync:
    """Keeps running statistics in all processes as if one had taken all parts of a batch, one after another.

    A part with statistics s moves running ones to (1 - m) r + m s, with the momentum m, so what k parts of a process
    added to r is c = r_k - (1 - m)^k r, and N processes, in their order, come to

        (1 - m)^(N k) r + sum over i = 0 .. N - 1 of (1 - m)^(k (N - 1 - i)) c_i
    """

    def __init__(self, network: nn.Module, parts: int) -> None:
        """Take a network, and the parts of a batch that this process computes. SyncBatchNorm joins its own."""
        self.norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm3d)]
        self.parts = parts
        self.before: list[Tensor] = []

    def begin(self) -> None:
        """Remember what they are before the first part of a batch."""
        if world_size() > 1:
            self.before = [running.double() for running in self._running()]

    def join(self) -> None:
        """Join them after the last part of a batch."""
        others = world_size() - 1
        if not others or not self.norms:
            return
        added = []
        for running, before, left in zip(self._running(), self.before, self._left(), strict=True):
            added.append(left ** (others - rank()) * (running.double() - left * before))
        together = all_reduce_sum(torch.cat(added)).split([len(part) for part in added])
        for running, before, left, part in zip(self._running(), self.before, self._left(), together, strict=True):
            running.copy_(left ** world_size() * before + part)
        for norm in self.norms:
            cast(Tensor, norm.num_batches_tracked).add_(self.parts * others)

    def _running(self) -> list[Tensor]:
        return [cast(Tensor, one) for norm in self.norms for one in (norm.running_mean, norm.running_var)]

    def _left(self) -> list[float]:
        """What is left of each after the parts of one process."""
        return [(1 - cast(float, norm.momentum)) ** self.parts for norm in self.norms for _ in range(2)]
