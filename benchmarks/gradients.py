"""How far the gradients of a training are from the right ones, and how far rounding alone takes them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from benchmarks.obvious_training import WholeClips, loss_of
from benchmarks.rounding import round_layers
from pipeline.nets.layers import use_conv2d
from pipeline.training.acceleration import accelerate, cudnn_settings

# How far gradients may be from fp64's, of their length: this of all together and this of a layer, where a ReLU or a
# maximum falls the other way (plain fp32 that sums in another order: 0.007 and 0.03), and this many times what rounding
# alone does.
ALL, LAYER, MARGIN = 0.02, 0.05, 1.5
KEPT = {"cpu": {"32-true": 24}, "cuda": {"32-true": 11, "bf16-mixed": 8, "16-mixed": 11}}  # significant bits; 11: TF32
DTYPES = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
FEW = 4  # samples that are compared on a CPU; on a GPU it is a whole batch, for large inputs have been computed wrongly

Make = Callable[[], Any]  # a Pretraining or a Finetuning
Gradients = dict[str, Tensor]  # by the weight's name, in fp64


def differences(name: str, make: Make, device: torch.device, precision: str) -> dict[str, float]:
    """How far gradients of ours are from the right ones; ends the run where a layer's are too far.

    Returns:
        shares of the length of all gradients: of ours (`gradient_difference`), of ours compiled and replayed
        (`replay_difference`, on a GPU), and of what rounding alone does (`rounding_difference`).
    """
    samples = make().pace.batch if device.type == "cuda" else FEW
    right = _plain_gradients(make, device, samples)
    rounding = _plain_gradients(make, device, samples, KEPT[device.type][precision])
    found = {"gradient_difference": _own_gradients(make, device, precision, samples)}
    if device.type == "cuda":
        found["replay_difference"] = _own_gradients(make, device, precision, samples, hastened=True)
    for what, ours in found.items():
        # Norms and biases alone have too few weights for their rounding to be foretold: they count among all.
        for layer in (*(name for name, gradient in right.items() if gradient.ndim > 1), None):
            apart, rounded = _apart(ours, right, layer), _apart(rounding, right, layer)
            if not apart <= (sums := LAYER if layer else ALL) + MARGIN * rounded:
                sys.exit(
                    f"{name}: gradients of {layer or 'all layers'} in {precision} are {apart:.3g} of their length away "
                    f"({what}); allowed: {sums} + {MARGIN} x {rounded:.3g}, what rounding does. No speed is told of "
                    "wrong results"
                )
    return {what: _apart(ours, right) for what, ours in (*found.items(), ("rounding_difference", rounding))}


def _plain_gradients(make: Make, device: torch.device, samples: int, bits: int | None = None) -> Gradients:
    """Of a plain network in fp64 over the first samples, its layers rounding to so many bits."""
    plain = make()
    shown = [WholeClips(plain)[number] for number in range(samples)]
    network = plain.network.double().to(device, memory_format=torch.contiguous_format)
    if bits is not None:
        round_layers(network, bits)
    answers = network(torch.stack([clip for clip, _ in shown]).double().to(device))
    loss_of(plain, answers, torch.stack([answer for _, answer in shown]).to(device)).backward()
    return _gradients(network)


def _own_gradients(make: Make, device: torch.device, precision: str, samples: int, hastened: bool = False) -> Gradients:
    """Of ours, in its precision, over the first samples; `hastened` compiled and replayed, too."""
    ours = make().to(device)
    if hastened:
        accelerate(ours, device)
    elif device.type == "cuda":
        use_conv2d(ours.network)
    with running_in(device, precision):
        if ours.records:
            ours.record()
        loss = ours.loss(ours.batch(range(samples)))
        loss.backward()
    return _gradients(ours.network)


def _gradients(network: torch.nn.Module) -> Gradients:
    found = {name: weight.grad for name, weight in network.named_parameters()}
    return {name: gradient.double().cpu() for name, gradient in found.items() if gradient is not None}


def _apart(one: Gradients, other: Gradients, layer: str | None = None) -> float:
    """Length of the difference, of a layer or of all together, over the length of the second."""
    layers = [*other] if layer is None else [layer]
    first, second = (torch.cat([found[name].flatten() for name in layers]) for found in (one, other))
    return float((first - second).norm() / second.norm())


@contextmanager
def running_in(device: torch.device, precision: str) -> Iterator[None]:
    """Run as `fit` does in this precision."""
    with (
        cudnn_settings(device),
        torch.autocast(device.type, DTYPES[precision], enabled=precision != "32-true", cache_enabled=False),
    ):
        yield
