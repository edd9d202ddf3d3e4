"""Networks whose weights are drawn anew, from the output downwards: what they have learned is lost layer by layer."""

from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from pipeline.nets.build import Network
from pipeline.score_networks.scorer import Scorer

HEAD, ALL = "head", "all"  # the first and the last step


def randomise_downwards(scorer: Scorer, seed: int) -> Iterator[tuple[str, Scorer]]:
    """Yield copies of a network with random weights: of the head, then also of conv5, conv4, ..., at last of all.

    This is the cascading randomisation of J. Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018. Weights
    are drawn from a normal distribution with the variance 2 / fan in (He et al., 2015); batch norms forget their means
    and variances.

    Args:
        scorer: is not changed.
        seed: of the weights.

    Yields:
        The name of the lowest part that is random, and the network, which changes when the next one is asked for.

    Raises:
        ValueError: if a layer with weights is of an unknown kind.
    """
    copy = deepcopy(scorer)
    generator = torch.Generator().manual_seed(seed)
    layers = [*copy.network.modules()]
    end = len(layers)
    for name, start in _steps(copy.network):
        for layer in layers[start:end]:
            _draw(layer, generator)
        end = start
        yield name, copy


def _steps(network: Network) -> list[tuple[str, int]]:
    """Return each part from the output downwards, and the number of its first module in `network.modules()`."""
    numbers = {module: number for number, module in enumerate(network.modules())}

    def after(module: nn.Module) -> int:
        return max(numbers[part] for part in module.modules()) + 1

    stages: dict[str, nn.Module] = network.backbone.last_blocks  # type: ignore[assignment]  # every backbone has it
    names = [*stages]
    starts = [0, *(after(stages[name]) for name in names[:-1])]
    names[0] = ALL
    return [(HEAD, after(network.backbone)), *reversed([*zip(names, starts, strict=True)])]


def _draw(layer: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights that a layer itself holds, not those of layers inside it."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.Conv3d):
        weight = torch.empty(layer.weight.shape)
        nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
        with torch.no_grad():
            layer.weight.copy_(weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, _BatchNorm):
        layer.reset_parameters()
    elif [*layer.parameters(recurse=False)]:
        raise ValueError(
            f"weights of a {type(layer).__name__} cannot be drawn; allowed: linear, convolution, batch norm"
        )
