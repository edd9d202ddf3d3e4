"""A check of the gradients of a training against fp64, which allows for the measured effect of rounding."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from benchmarks.obvious_training import WholeClips, plain_loss
from benchmarks.rounding import round_layers
from pipeline.nets.layers import use_conv2d
from pipeline.training.acceleration import accelerate, cudnn_settings

# Gradients may differ from those in fp64 by a share of their norm: by MAX_ALL for all layers together, and by MAX_LAYER
# for one layer, because a ReLU or a maximum may switch (plain fp32 that sums in another order: 0.007 and 0.03); plus
# MARGIN times the effect of rounding alone.
MAX_ALL, MAX_LAYER, MARGIN = 0.02, 0.05, 1.5
SIGNIFICANT_BITS = {"cpu": {"32-true": 24}, "cuda": {"32-true": 11, "bf16-mixed": 8, "16-mixed": 11}}  # 11: TF32
DTYPES = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
CPU_SAMPLES = 4  # compared on a CPU; on a GPU a whole batch is compared, because large inputs were computed wrongly

MakeModule = Callable[[], Any]  # creates a Pretraining or a Finetuning
Gradients = dict[str, Tensor]  # by the weight's name, in fp64


def check_gradients(name: str, make_module: MakeModule, device: torch.device, precision: str) -> dict[str, float]:
    """Compare the gradients of a training with those in fp64; end the run if those of any layer are wrong.

    Args:
        name: of the training, for the message.
        make_module: creates its module.
        device: that it is trained on.
        precision: that it is trained in.

    Returns:
        differences as shares of the norm of all gradients: of the module (`gradient_difference`), of the module
        compiled and replayed (`replay_difference`, on a GPU), and of rounding alone (`rounding_difference`).
    """
    samples = make_module().plan.batch if device.type == "cuda" else CPU_SAMPLES
    reference = _reference_gradients(make_module, device, samples)
    rounded = _reference_gradients(make_module, device, samples, SIGNIFICANT_BITS[device.type][precision])
    trained = {"gradient_difference": _module_gradients(make_module, device, precision, samples)}
    if device.type == "cuda":
        trained["replay_difference"] = _module_gradients(make_module, device, precision, samples, accelerated=True)
    for key, gradients in trained.items():
        # Norms and biases have too few weights to predict the effect of rounding on each: they count among all.
        for layer in (*(weight for weight, gradient in reference.items() if gradient.ndim > 1), None):
            difference, rounding = _difference(gradients, reference, layer), _difference(rounded, reference, layer)
            if not difference <= (limit := MAX_LAYER if layer else MAX_ALL) + MARGIN * rounding:
                sys.exit(
                    f"{name}: gradients of {layer or 'all layers'} in {precision} differ from fp64 by {difference:.3g} "
                    f"of their norm ({key}); allowed: {limit} + {MARGIN} x {rounding:.3g}, the effect of "
                    "rounding. No speed is reported for wrong results"
                )
    return {key: _difference(part, reference) for key, part in (*trained.items(), ("rounding_difference", rounded))}


def _reference_gradients(
    make_module: MakeModule, device: torch.device, samples: int, bits: int | None = None
) -> Gradients:
    """Return the gradients of a plain network in fp64 over the first samples; with `bits`, its layers round."""
    module = make_module()
    pairs = [WholeClips(module)[number] for number in range(samples)]
    network = module.network.double().to(device, memory_format=torch.contiguous_format)
    if bits is not None:
        round_layers(network, bits)
    outputs = network(torch.stack([clip for clip, _ in pairs]).double().to(device))
    plain_loss(module, outputs, torch.stack([target for _, target in pairs]).to(device)).backward()
    return _gradients(network)


def _module_gradients(
    make_module: MakeModule, device: torch.device, precision: str, samples: int, accelerated: bool = False
) -> Gradients:
    """Return the gradients of the module over the first samples, in its precision; `accelerated`: as it is trained."""
    module = make_module().to(device)
    if accelerated:
        accelerate(module, device)
    elif device.type == "cuda":
        use_conv2d(module.network)
    with precision_settings(device, precision):
        if module.uses_cuda_graphs:
            module.capture()
        loss = module.loss(module.batch(range(samples)), module)
        loss.backward()
    return _gradients(module.network)


def _gradients(network: torch.nn.Module) -> Gradients:
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    return {name: gradient.double().cpu() for name, gradient in gradients.items() if gradient is not None}


def _difference(gradients: Gradients, reference: Gradients, layer: str | None = None) -> float:
    """Return the norm of the difference over the norm of the reference, for one layer or for all together."""
    layers = [*reference] if layer is None else [layer]
    actual, expected = (torch.cat([part[name].flatten() for name in layers]) for part in (gradients, reference))
    return float((actual - expected).norm() / expected.norm())


@contextmanager
def precision_settings(device: torch.device, precision: str) -> Iterator[None]:
    """Run the block with the settings and the precision that `fit` captures CUDA graphs with."""
    with (
        cudnn_settings(device),
        torch.autocast(device.type, DTYPES[precision], enabled=precision != "32-true", cache_enabled=False),
    ):
        yield
