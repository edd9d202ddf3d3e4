"""Compilation of a network for inference: the same outputs, up to rounding, in less time.

On a CPU the gain comes from frozen weights, which the compiler lays out once for oneDNN's convolutions: MSN is twice as
fast, I3D four times. Folded norms alone, or channels last alone, change next to nothing.

In evaluation mode a batch norm is a factor and a shift of each channel, so it can be folded into the weights of the
convolution before it: (w x - m) / sqrt(v + e) g + b = (w g / sqrt(v + e)) x + (b - m g / sqrt(v + e)).
"""

import copy
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch._dynamo import config as dynamo_config
from torch._inductor import config
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.models.resnet import Bottleneck

from pipeline.nets.build import Network
from pipeline.nets.layers import Convolution
from pipeline.nets.msn import Block
from pipeline.nets.ops.compiler import compile_function
from pipeline.nets.resnet50 import ResNet50

Clips = Float[Tensor, "batch 3 time height width"]
Outputs = Float[Tensor, "batch outputs"]
RECOMPILE_LIMIT = 256  # sizes that may be compiled in one process


def compile_for_inference(network: Network) -> Callable[[Clips], Outputs]:
    """Fold the batch norms of `network` and compile it.

    Compilation happens at the first call with each size of clip and batch, and takes seconds. It needs a C++ compiler
    on a CPU, and Triton on a GPU. Call the result without gradients.

    Raises:
        ValueError: if the network is in training mode.
    """
    compiled = compile_function(fold_batch_norm(network))

    def run(clips: Clips) -> Outputs:
        # torch.compile's own options take effect too late for freezing. Beyond its default limit of 8 sizes, which all
        # networks of a process share, it would silently run uncompiled.
        with (
            config.patch(freezing=True),
            dynamo_config.patch(recompile_limit=RECOMPILE_LIMIT, fail_on_recompile_limit_hit=True),
        ):
            return compiled(clips)

    return run


def fold_batch_norm(network: Network) -> Network:
    """Return a copy of `network` without gradients, with its batch norms folded into its convolutions.

    Raises:
        ValueError: if the network is in training mode, in which batch norm depends on the batch.
    """
    if network.training:
        raise ValueError("batch norms can be folded in evaluation mode only, in which they do not depend on the batch")
    network = copy.deepcopy(network).requires_grad_(False)
    for layer in network.modules():
        if isinstance(layer, Convolution):
            _fold([layer.convolution], layer.norm)
            layer.norm = nn.Identity()  # type: ignore[assignment]
        elif isinstance(layer, Block):
            _fold(list(layer.parallel), layer.norm)
            layer.norm = nn.Identity()  # type: ignore[assignment]
        elif isinstance(layer, ResNet50):
            _fold([layer.conv1], layer.bn1)
            layer.bn1 = nn.Identity()  # type: ignore[assignment]
        elif isinstance(layer, Bottleneck):
            _fold_bottleneck(layer)
    return network.to(memory_format=torch.contiguous_format)


def _fold_bottleneck(block: Bottleneck) -> None:
    for number in (1, 2, 3):
        _fold([getattr(block, f"conv{number}")], getattr(block, f"bn{number}"))
        setattr(block, f"bn{number}", nn.Identity())
    if block.downsample is not None:
        _fold([block.downsample[0]], block.downsample[1])
        block.downsample[1] = nn.Identity()


def _fold(convolutions: list[nn.Module], norm: nn.BatchNorm2d | nn.BatchNorm3d) -> None:
    """Fold a batch norm over the concatenated outputs of parallel convolutions into their weights."""
    first = 0
    for convolution in convolutions:
        assert isinstance(convolution, nn.Conv2d | nn.Conv3d)
        assert norm.running_mean is not None and norm.running_var is not None
        channels = slice(first, first := first + convolution.out_channels)
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight,
            convolution.bias,
            norm.running_mean[channels],
            norm.running_var[channels],
            norm.eps,
            norm.weight[channels],
            norm.bias[channels],
        )
