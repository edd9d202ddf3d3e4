"""What rounding alone does to the gradients of a network: how far a precision may take them, and no further.

The network runs in fp64, and everything that its layers put out, and every gradient that comes back to them, is rounded
to the bits that a precision keeps. Sums inside a layer are exact, as they are (nearly) where they are kept in fp32.
"""

from typing import Any

import torch
from torch import Tensor, nn

LAYERS = (nn.Conv3d, nn.BatchNorm3d, nn.Linear)


class _Rounded(torch.autograd.Function):
    """Rounds numbers on their way forward, and gradients on their way back."""

    @staticmethod
    def forward(context: Any, x: Tensor, bits: int) -> Tensor:
        context.bits = bits
        return rounded(x, bits)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return rounded(gradient, context.bits), None


def rounded(x: Tensor, bits: int) -> Tensor:
    """Numbers to so many significant bits, those of fp64 at most.

    >>> rounded(torch.tensor([1.0 + 2**-8, 1.0 + 2**-7]).double(), bits=8)
    tensor([1.0000, 1.0078], dtype=torch.float64)
    """
    mantissa, exponent = torch.frexp(x)
    return torch.round(mantissa * 2**bits) / 2**bits * torch.exp2(exponent.double())


def round_layers(network: nn.Module, bits: int) -> None:
    """Have all layers of a network in fp64 round; weights of convolutions and products are rounded once, here."""
    for layer in network.modules():
        if isinstance(layer, LAYERS):
            if not isinstance(layer, nn.BatchNorm3d):
                layer.weight.data = rounded(layer.weight.data, bits)
            layer.register_forward_hook(lambda _, inputs, output: _Rounded.apply(output, bits))
