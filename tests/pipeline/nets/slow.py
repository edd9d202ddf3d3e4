"""Reference layers in NumPy, slow, computed from windows over padded arrays without any of the code under test."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn

EPSILON = 1e-3
Size3D = tuple[int, int, int]
STRIDE_1: Size3D = (1, 1, 1)
Array = np.ndarray
Weights = Mapping[str, Array]


def same_padding(sizes: tuple[int, ...], kernel: Size3D, stride: Size3D) -> list[tuple[int, int]]:
    """TensorFlow's "same" padding: ceil(size / stride) outputs; of an odd total, the extra position goes after."""
    pads = []
    for size, window, step in zip(sizes, kernel, stride, strict=True):
        total = max((int(np.ceil(size / step)) - 1) * step + window - size, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def convolve(x: Array, weight: Array, pads: list[tuple[int, int]], stride: Size3D = STRIDE_1) -> Array:
    """3D convolution as sums over windows: x (channel, T, H, W), weight (out, in, t, h, w)."""
    windows = sliding_window_view(np.pad(x, [(0, 0), *pads]), weight.shape[2:], axis=(1, 2, 3))
    windows = windows[:, :: stride[0], :: stride[1], :: stride[2]]
    return np.einsum("ctyxijk,ocijk->otyx", windows, weight, optimize=True)


def max_pool(x: Array, kernel: Size3D, stride: Size3D, pads: list[tuple[int, int]] | None = None) -> Array:
    """Max pooling, with "same" padding by default."""
    pads = same_padding(x.shape[1:], kernel, stride) if pads is None else pads
    padded = np.pad(x, [(0, 0), *pads], constant_values=-np.inf)
    windows = sliding_window_view(padded, kernel, axis=(1, 2, 3))
    return windows[:, :: stride[0], :: stride[1], :: stride[2]].max((4, 5, 6))


def batch_norm(x: Array, weights: Weights, name: str) -> Array:
    """Batch norm in evaluation mode."""
    mean, variance, weight, bias = (
        weights[f"{name}.{part}"][:, None, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(variance + EPSILON) * weight + bias


def conv_norm_relu(x: Array, weights: Weights, name: str, stride: Size3D = STRIDE_1, relu: bool = True) -> Array:
    """A 3D convolution with "same" padding, batch norm and, with `relu`, a ReLU."""
    weight = weights[f"{name}.convolution.weight"]
    kernel = (weight.shape[2], weight.shape[3], weight.shape[4])
    y = batch_norm(convolve(x, weight, same_padding(x.shape[1:], kernel, stride), stride), weights, f"{name}.norm")
    return np.maximum(y, 0) if relu else y


def linear(x: Array, weights: Weights, name: str) -> Array:
    """A fully connected layer."""
    return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]


def randomise_weights(module: nn.Module) -> Weights:
    """Give a network random weights, batch norms and running statistics, so that swapped parameters change its output.

    Returns:
        The weights by their names. The module is in double precision and evaluation mode afterwards.
    """
    generator = torch.Generator().manual_seed(3)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d):
            ranges = {"running_mean": (-0.2, 0.2), "running_var": (0.7, 1.4), "weight": (0.8, 1.2), "bias": (-0.1, 0.3)}
            for name, limits in ranges.items():
                getattr(layer, name).data.uniform_(*limits, generator=generator)
        elif isinstance(layer, nn.Conv2d | nn.Conv3d | nn.Linear):
            layer.weight.data.normal_(std=(2 / layer.weight[0].numel()) ** 0.5, generator=generator)
            if layer.bias is not None:
                layer.bias.data.normal_(std=0.1, generator=generator)
    module.double().eval()
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}
