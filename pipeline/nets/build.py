"""Build a network by its name: one dict of backbones, a head on top, and the first weights."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.nets.c3d import C3D
from pipeline.nets.heads import Head, LinearHead, Recognition, RegressionHead
from pipeline.nets.i3d import I3D
from pipeline.nets.msn import MSN
from pipeline.params import Model


class Network(nn.Module):
    """A backbone that describes a clip, and a head that answers from the description."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        """Put `head` on `backbone`."""
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch outputs"]:
        """Answer for each clip."""
        return self.head(self.backbone(x))


BACKBONES: dict[str, Callable[[Model], nn.Module]] = {
    "msn": lambda model: MSN(model.depth, model.kernels, model.width, model.batch_norm_momentum),
    "c3d": lambda model: C3D(model.width, model.dropout),
    "i3d": lambda model: I3D(model.width, model.batch_norm_momentum),
}


def _head(backbone: nn.Module, head: Head, dropout: float) -> nn.Module:
    features = int(backbone.features)  # type: ignore[arg-type]  # every backbone says how many numbers describe a clip
    if isinstance(head, Recognition):
        return LinearHead(features, head.classes)
    return LinearHead(features, 1) if isinstance(backbone, C3D) else RegressionHead(features, dropout)


def build(model: Model, head: Head, seed: int | None = None) -> Network:
    """Make the network that `model` describes, with first weights drawn from `seed`.

    Args:
        model: the section `model` of params.yaml.
        head: what the network answers.
        seed: of the first weights; None leaves them to be loaded.
    """
    backbone = BACKBONES[model.name](model)
    network = Network(backbone, _head(backbone, head, model.dropout))
    if seed is not None:
        initialise(network, torch.Generator().manual_seed(seed))
    # Channels last is how clips lie on disk, and halves the time of a step on a CPU.
    return network.to(memory_format=torch.channels_last_3d)


def initialise(network: Network, generator: torch.Generator) -> None:
    """Draw first weights: He et al. (2015), normal, fan in, for all that a ReLU follows; biases 0; norms the identity.

    The last linear layer, which no ReLU follows, has standard deviation 1 / sqrt(fan in) instead of sqrt(2 / fan in).

    Batch norm keeps what goes forward at one scale at any depth. What comes back at first grows about 1.5 times a
    block, for the shortcuts are convolutions with batch norm too; starting the blocks' last norms at 0 (Goyal et al.,
    2017) tames it at depth 99, but learned more slowly at depth 27, and no better at 99, when tried.
    """
    last = network.head.last
    for module in network.modules():
        if isinstance(module, nn.Conv3d | nn.Linear):
            fan_in = module.weight[0].numel()
            gain = 1.0 if module is last else 2.0
            nn.init.normal_(module.weight, std=math.sqrt(gain / fan_in), generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
