"""How far the gradients of a training are from the right ones, and how far rounding alone takes them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from benchmarks.obvious_training import WholeClips, loss_of
from benchmarks.rounding import round_layers
from pipeline.nets.layers import convolve_images
from pipeline.training.haste import hasten, tuned

# How far the gradient may be from fp64's, of its length: this, and this many times what rounding alone does.
SUMS, MARGIN = 0.02, 1.5
KEPT = {"cpu": {"32-true": 24}, "cuda": {"32-true": 11, "bf16-mixed": 8, "16-mixed": 11}}  # significant bits; 11: TF32
DTYPES = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
CHECKED = 4  # samples whose gradients are compared

Make = Callable[[], Any]  # a Pretraining or a Finetuning


def differences(name: str, make: Make, device: torch.device, precision: str) -> dict[str, float]:
    """How far gradients of ours are from the right ones; ends the run where that is too far."""
    right = _plain_gradient(make, device)
    rounding = _apart(_plain_gradient(make, device, KEPT[device.type][precision]), right)
    found = {"gradient_difference": _apart(_own_gradient(make, device, precision), right)}
    if device.type == "cuda":
        pair = (_own_gradient(make, device, precision, whole=True, hastened=hastened) for hastened in (True, False))
        found["replay_difference"] = _apart(*pair)
    for what, difference in found.items():
        if not difference <= SUMS + MARGIN * rounding:
            sys.exit(
                f"{name}: gradients in {precision} are {difference:.3g} of their length away ({what}); allowed: "
                f"{SUMS} + {MARGIN} x {rounding:.3g}, what rounding does. No speed is told of wrong results"
            )
    return {**found, "rounding_difference": rounding}


def _plain_gradient(make: Make, device: torch.device, bits: int | None = None) -> Tensor:
    """Of a plain network in fp64 over the first samples, its layers rounding to so many bits."""
    plain = make()
    samples = [WholeClips(plain)[number] for number in range(CHECKED)]
    network = plain.network.double().to(device, memory_format=torch.contiguous_format)
    if bits is not None:
        round_layers(network, bits)
    answers = network(torch.stack([clip for clip, _ in samples]).double().to(device))
    loss_of(plain, answers, torch.stack([answer for _, answer in samples]).to(device)).backward()
    return _gradient(network)


def _own_gradient(
    make: Make, device: torch.device, precision: str, whole: bool = False, hastened: bool = False
) -> Tensor:
    """Of ours, in its precision, over the first samples or a `whole` batch; `hastened` compiled and replayed, too."""
    ours = make().to(device)
    if hastened:
        hasten(ours, device)
    elif device.type == "cuda":
        convolve_images(ours.network)
    with running_in(device, precision):
        if ours.records:
            ours.record()
        loss = ours.loss(ours.batch(range(ours.pace.batch if whole else CHECKED)))
        loss.backward()
    return _gradient(ours.network)


def _gradient(network: torch.nn.Module) -> Tensor:
    return torch.cat([p.grad.double().flatten().cpu() for p in network.parameters() if p.grad is not None])


def _apart(one: Tensor, other: Tensor) -> float:
    """Length of the difference, over the length of the second."""
    return float((one - other).norm() / other.norm())


@contextmanager
def running_in(device: torch.device, precision: str) -> Iterator[None]:
    """Run as `fit` does in this precision."""
    with (
        tuned(device),
        torch.autocast(device.type, DTYPES[precision], enabled=precision != "32-true", cache_enabled=False),
    ):
        yield
