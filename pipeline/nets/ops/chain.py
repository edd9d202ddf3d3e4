"""Layers one after another, in parts that may be compiled, or forgotten and computed again for the gradients.

Compiled, the norms, ReLUs and sums between convolutions become a few kernels, which is worth it on GPUs. Forgotten,
only what comes into a part is kept, and each part runs forward twice: a step takes 1.4 times as long. Gradients are the
same ones (T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch._dynamo import config as tracing
from torch.utils.checkpoint import checkpoint

RECOMPILE_LIMIT = 64  # of parts that may be compiled in one process

Part = Callable[[Tensor], Tensor]
Contexts = tuple[AbstractContextManager[None], AbstractContextManager[None]]


class Chain(nn.Sequential):
    """Layers one after another, as in `nn.Sequential`. Its parts are its layers, or, where it is `whole`, all at once.

    With `recomputes` only what comes into each part is kept while training. Compiled parts are for training alone: in
    evaluation batches have many sizes, and each would be compiled anew.
    """

    recomputes = False
    compiled: Sequence[Part] = ()

    def __init__(self, *layers: nn.Module, whole: bool = False) -> None:
        """Put the layers one after another."""
        super().__init__(*layers)
        self.whole = whole

    @property
    def parts(self) -> list[tuple[nn.Module, Part]]:
        """Each part as a module that holds its layers, and as what runs them."""
        return [(self, super().forward)] if self.whole else [(layer, layer) for layer in self]

    def compile_parts(self) -> None:
        """Have each part compiled when it is first met in training."""
        self.compiled = [_compiled(run) for _, run in self.parts]

    def forward(self, x: Tensor) -> Tensor:
        """Run the layers."""
        layers, runs = zip(*self.parts, strict=True)
        forgets = self.recomputes and torch.is_grad_enabled()
        for held, run in zip(layers, self.compiled if self.compiled and self.training else runs, strict=True):
            x = _checkpointed(run, held, x) if forgets else run(x)
        return x


def use_activation_checkpointing(network: nn.Module) -> None:
    """Have all chains of `network` keep only what comes into their blocks."""
    for module in network.modules():
        if isinstance(module, Chain):
            module.recomputes = True


def _compiled(run: Part) -> Part:
    compiled = torch.compile(run, dynamic=False)

    def call(x: Tensor) -> Tensor:
        # Equal parts share what is compiled; other sizes are counted together. What cannot be compiled runs as it is.
        with tracing.patch(recompile_limit=RECOMPILE_LIMIT, suppress_errors=True):
            return compiled(x)

    return call


def _checkpointed(run: Part, layers: nn.Module, x: Tensor) -> Tensor:
    def contexts() -> Contexts:
        return nullcontext(), _frozen_statistics(layers)

    return checkpoint(run, x, use_reentrant=False, context_fn=contexts)


@contextmanager
def _frozen_statistics(layers: nn.Module) -> Iterator[None]:
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
