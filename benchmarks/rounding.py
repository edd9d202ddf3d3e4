"""The effect of rounding alone on the gradients of a network: the largest error that a precision excuses.

The network runs in fp64, and every output of its layers, and every gradient that comes back to them, is rounded to the
significant bits of a precision. Sums inside a layer are exact, as they nearly are if they are accumulated in fp32.
"""

from typing import Any

import torch
from torch import Tensor, nn

ROUNDED_LAYERS = (nn.Conv3d, nn.BatchNorm3d, nn.Linear)


class _Round(torch.autograd.Function):
    """Rounds values in the forward pass, and gradients in the backward pass."""

    @staticmethod
    def forward(context: Any, x: Tensor, bits: int) -> Tensor:
        context.bits = bits
        return round_to_bits(x, bits)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return round_to_bits(gradient, context.bits), None


def round_to_bits(x: Tensor, bits: int) -> Tensor:
    """Round values to `bits` significant bits, at most those of fp64.

    Examples:
        >>> round_to_bits(torch.tensor([1.0 + 2**-8, 1.0 + 2**-7]).double(), bits=8)
        tensor([1.0000, 1.0078], dtype=torch.float64)
    """
    mantissa, exponent = torch.frexp(x)
    return torch.round(mantissa * 2**bits) / 2**bits * torch.exp2(exponent.double())


def round_layers(network: nn.Module, bits: int) -> None:
    """Make all layers of a network in fp64 round their outputs; the weights of convolutions and products, now."""
    for layer in network.modules():
        if isinstance(layer, ROUNDED_LAYERS):
            if not isinstance(layer, nn.BatchNorm3d):
                layer.weight.data = round_to_bits(layer.weight.data, bits)
            layer.register_forward_hook(lambda _, inputs, output: _Round.apply(output, bits))
