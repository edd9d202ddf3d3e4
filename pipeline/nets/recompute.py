"""Layers that may forget what they computed and compute it again for the gradients: less memory, more time.

Only what comes into a block is kept, and each block runs forward twice: a step takes 1.4 times as long. Gradients are
the same ones (T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

Contexts = tuple[AbstractContextManager[None], AbstractContextManager[None]]


class Chain(nn.Sequential):
    """Layers one after another, as in `nn.Sequential`; with `recomputes` they keep only what comes in, while training.

    What comes into each of them, or, of a `whole` chain, into the first.
    """

    recomputes = False

    def __init__(self, *layers: nn.Module, whole: bool = False) -> None:
        """Put the layers one after another."""
        super().__init__(*layers)
        self.whole = whole

    def forward(self, x: Tensor) -> Tensor:
        """Run the layers."""
        if not (self.recomputes and torch.is_grad_enabled()):
            return super().forward(x)
        if self.whole:
            return _forgetful(super().forward, self, x)
        for layer in self:
            x = _forgetful(layer, layer, x)
        return x


def recompute(network: nn.Module) -> None:
    """Have all chains of `network` keep only what comes into their blocks."""
    for module in network.modules():
        if isinstance(module, Chain):
            module.recomputes = True


def _forgetful(run: Callable[[Tensor], Tensor], layers: nn.Module, x: Tensor) -> Tensor:
    def contexts() -> Contexts:
        return nullcontext(), _statistics_kept(layers)

    return checkpoint(run, x, use_reentrant=False, context_fn=contexts)


@contextmanager
def _statistics_kept(layers: nn.Module) -> Iterator[None]:
    """Keep batch norm from taking the same batch into its running statistics a second time."""
    norms = [module for module in layers.modules() if isinstance(module, nn.BatchNorm3d | nn.SyncBatchNorm)]
    kept = [
        (norm, norm.momentum, norm.num_batches_tracked.clone())
        for norm in norms
        if norm.num_batches_tracked is not None
    ]
    for norm, _, _ in kept:
        norm.momentum = 0.0  # what was there counts all, the batch nothing
    try:
        yield
    finally:
        for norm, momentum, count in kept:
            norm.momentum = momentum
            norm.num_batches_tracked = count
