"""A network made for answering alone: the same outputs, up to rounding, in less time.

What wins on a CPU is that the compiler may freeze the weights and lay them out for oneDNN's convolutions, once: twice
as fast for MSN, four times for I3D, where norms folded by themselves, or channels last, change next to nothing.

In evaluation mode a batch norm is a factor and a shift of each channel, so it goes into the weights of the convolution
before it: (w x - m) / sqrt(v + e) g + b = (w g / sqrt(v + e)) x + (b - m g / sqrt(v + e)).
"""

import copy
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch._dynamo import config as tracing
from torch._inductor import config
from torch.nn.utils.fusion import fuse_conv_bn_weights

from pipeline.nets.build import Network
from pipeline.nets.layers import Convolution
from pipeline.nets.msn import Block

Clips = Float[Tensor, "batch 3 time height width"]
Answers = Float[Tensor, "batch outputs"]
RECOMPILE_LIMIT = 256  # that may be compiled in one process


def compile_for_inference(network: Network) -> Callable[[Clips], Answers]:
    """`fold_batch_norm`, compiled for each size of clip and batch that it meets, which takes seconds the first time.

    It needs a C++ compiler on a CPU, and Triton on a GPU; call it without gradients.

    Raises:
        ValueError: where the network is in training mode.
    """
    compiled = torch.compile(fold_batch_norm(network), dynamic=False)

    def answer(clips: Clips) -> Answers:
        # torch.compile's own options come too late for freezing. Past 8 sizes, which all networks of a process share,
        # it would go on without compiling, in silence.
        with (
            config.patch(freezing=True),
            tracing.patch(recompile_limit=RECOMPILE_LIMIT, fail_on_recompile_limit_hit=True),
        ):
            return compiled(clips)

    return answer


def fold_batch_norm(network: Network) -> Network:
    """A copy of `network` without gradients, its norms folded into its convolutions.

    Raises:
        ValueError: where the network is in training mode, in which batch norm depends on the batch.
    """
    if network.training:
        raise ValueError("only a network in evaluation mode can be made fast: its norms must be fixed")
    network = copy.deepcopy(network).requires_grad_(False)
    for layer in network.modules():
        if isinstance(layer, Convolution):
            _fold([layer.convolution], layer.norm)
            layer.norm = nn.Identity()  # type: ignore[assignment]
        elif isinstance(layer, Block):
            _fold(list(layer.parallel), layer.norm)
            layer.norm = nn.Identity()  # type: ignore[assignment]
    return network.to(memory_format=torch.contiguous_format)


def _fold(convolutions: list[nn.Module], norm: nn.BatchNorm3d) -> None:
    """Put a norm over the outputs of convolutions side by side into their weights, each its own channels."""
    first = 0
    for convolution in convolutions:
        assert isinstance(convolution, nn.Conv3d)
        assert norm.running_mean is not None and norm.running_var is not None
        own = slice(first, first := first + convolution.out_channels)
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight,
            convolution.bias,
            norm.running_mean[own],
            norm.running_var[own],
            norm.eps,
            norm.weight[own],
            norm.bias[own],
        )
