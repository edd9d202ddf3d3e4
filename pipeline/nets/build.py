"""Build a network by its name, from a dict of backbones and a head, and initialise its weights."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.nets.c3d import C3D
from pipeline.nets.heads import Expectation, Head, LinearHead, Recognition, RegressionHead
from pipeline.nets.i3d import I3D
from pipeline.nets.msn import MSN, Block
from pipeline.nets.resnet50 import ResNet50
from pipeline.params.network import Model


class Network(nn.Module):
    """A backbone, which computes the features of a clip, and a head, which maps them to outputs."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        """Join `backbone` and `head`."""
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch outputs"]:
        """Compute the outputs of each clip."""
        return self.head(self.backbone(x))


FRAME_NETWORKS = ("resnet50",)  # networks of single frames; all others see clips

BACKBONES: dict[str, Callable[[Model], nn.Module]] = {
    "msn": lambda model: MSN(model.depth, model.kernels, model.width, model.batch_norm_momentum),
    "c3d": lambda model: C3D(model.width, model.dropout),
    "i3d": lambda model: I3D(model.width, model.batch_norm_momentum),
    "resnet50": lambda model: ResNet50(model.width, model.batch_norm_momentum),
}


def _build_head(backbone: nn.Module, head: Head, dropout: float) -> nn.Module:
    features = int(backbone.features)  # type: ignore[arg-type]  # every backbone has it
    if isinstance(head, Recognition):
        return LinearHead(features, head.classes)
    if isinstance(head, Expectation):
        return LinearHead(features, head.levels)
    return LinearHead(features, 1) if isinstance(backbone, C3D) else RegressionHead(features, dropout)


def frames_seen(model: Model, length: int) -> int:
    """Return how many frames a network sees at once: 1 for a network of single frames, else the length of a clip."""
    return 1 if model.name in FRAME_NETWORKS else length


def build(model: Model, head: Head, seed: int | None = None) -> Network:
    """Build the network that `model` describes, with initial weights drawn from `seed`.

    Args:
        model: the section `model` of params.yaml.
        head: the kind of head.
        seed: of the initial weights; None leaves them arbitrary, for weights that are loaded afterwards.
    """
    backbone = BACKBONES[model.name](model)
    network = Network(backbone, _build_head(backbone, head, model.dropout))
    if seed is not None:
        initialise(network, torch.Generator().manual_seed(seed))
    use_channels_last(network)
    return network


def use_channels_last(network: nn.Module) -> None:
    """Lay the weights of all convolutions out with channels last, as clips are on disk.

    On a CPU this halves the time of a step of MSN, and saves a tenth of a step of ResNet-50.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d):
            layer.to(memory_format=torch.channels_last_3d)
        elif isinstance(layer, nn.Conv2d):
            layer.to(memory_format=torch.channels_last)


def initialise(network: Network, generator: torch.Generator) -> None:
    """Draw initial weights: He et al. (2015), normal, fan in, for every layer before a ReLU; biases are 0.

    The last linear layer, which no ReLU follows, has standard deviation 1 / sqrt(fan in) instead of sqrt(2 / fan in).
    Batch norms keep PyTorch's initial scale 1 and shift 0.

    The blocks of MSN and ResNet-50 start near the identity (`init_near_identity`). With He's weights alone, batch norm
    keeps the activations of MSN at one scale, but gradients grow from block to block: their square by pi / (pi - 1) =
    1.47 for each convolution, batch norm and ReLU (G. Yang et al., "A Mean Field Theory of Batch Normalization", ICLR
    2019), so by (1.47 + 1.47^3) / 2, their size 1.5-fold, in a block with a shortcut of the same kind. At depth 99 the
    first step of the paper's SGD would make the weights of conv1 hundreds of times as large, and batch norm would keep
    them there.

    C3D has no batch norm, and its variance is 1 / fan in, without He's factor of 2: that factor makes up for the half
    that a ReLU cuts off, and C3D's max pools already do. With both, its outputs and gradients grow from pool to pool:
    at full width the loss of the paper's SGD is not finite after five steps of two clips, even of scaled pixels.
    """
    last = network.head.last
    before_relu = 1.0 if isinstance(network.backbone, C3D) else 2.0
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
            fan_in = module.weight[0].numel()
            gain = 1.0 if module is last else before_relu
            nn.init.normal_(module.weight, std=math.sqrt(gain / fan_in), generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, Block | ResNet50):
            module.init_near_identity()
