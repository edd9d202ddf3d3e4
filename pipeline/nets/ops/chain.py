"""Sequential layers, split into parts that can be compiled or checkpointed (activation checkpointing) in training.

Compiled, the norms, ReLUs and sums between convolutions become a few kernels, which is worth it on GPUs. Checkpointed,
only the input of each part is kept for the backward pass, and each part runs forward twice: a step takes 1.4 times as
long, and its gradients are the same (T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch._dynamo import config as dynamo_config
from torch.utils.checkpoint import checkpoint

from pipeline.nets.ops.compiler import compile_function

RECOMPILE_LIMIT = 64  # parts that may be compiled in one process

Part = Callable[[Tensor], Tensor]
Contexts = tuple[AbstractContextManager[None], AbstractContextManager[None]]


class Chain(nn.Sequential):
    """Sequential layers whose parts can be compiled or checkpointed; a part is one layer or, if `single_part`, all.

    With `checkpoints_activations`, only the input of each part is kept in training. Compiled parts run in training
    alone: batches of evaluation have many sizes, and each size would be compiled anew.
    """

    checkpoints_activations = False
    compiled: Sequence[Part] = ()

    def __init__(self, *layers: nn.Module, single_part: bool = False) -> None:
        """Create the sequence of `layers`."""
        super().__init__(*layers)
        self.single_part = single_part

    @property
    def parts(self) -> list[tuple[nn.Module, Part]]:
        """The (module that holds the part's layers, function that runs them) of each part."""
        return [(self, super().forward)] if self.single_part else [(layer, layer) for layer in self]

    def compile_parts(self) -> None:
        """Compile each part; torch.compile does the work when the part first runs in training."""
        self.compiled = [_compile(run) for _, run in self.parts]

    def forward(self, x: Tensor) -> Tensor:
        """Run the layers in sequence."""
        modules, functions = zip(*self.parts, strict=True)
        checkpoints = self.checkpoints_activations and torch.is_grad_enabled()
        for module, run in zip(modules, self.compiled if self.compiled and self.training else functions, strict=True):
            x = _run_checkpointed(run, module, x) if checkpoints else run(x)
        return x


def use_activation_checkpointing(network: nn.Module) -> None:
    """Make all chains of `network` keep only the inputs of their parts in training."""
    for module in network.modules():
        if isinstance(module, Chain):
            module.checkpoints_activations = True


def _compile(run: Part) -> Part:
    compiled = compile_function(run)

    def call(x: Tensor) -> Tensor:
        # Equal parts share compiled code, and the limit counts their sizes together. A part that cannot be compiled
        # runs uncompiled.
        with dynamo_config.patch(recompile_limit=RECOMPILE_LIMIT, suppress_errors=True):
            return compiled(x)

    return call


def _run_checkpointed(run: Part, module: nn.Module, x: Tensor) -> Tensor:
    def contexts() -> Contexts:
        return nullcontext(), _frozen_statistics(module)

    return checkpoint(run, x, use_reentrant=False, context_fn=contexts)


@contextmanager
def _frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Keep batch norms from counting the same batch twice in their running statistics when a part runs again."""
    kinds = nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm
    norms = [layer for layer in module.modules() if isinstance(layer, kinds)]
    states = [
        (norm, norm.momentum, norm.num_batches_tracked.clone())
        for norm in norms
        if norm.num_batches_tracked is not None
    ]
    for norm, _, _ in states:
        norm.momentum = 0.0  # the weight of the batch in the running statistics
    try:
        yield
    finally:
        for norm, momentum, count in states:
            norm.momentum = momentum
            norm.num_batches_tracked = count
