"""What can be exported: the scorer of a fitted network, from stored clips of faces to scores."""

from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from pipeline.estimators.capabilities import Differentiable
from pipeline.estimators.registry import load_model
from pipeline.score_networks.scorer import Scorer

Shape = tuple[int, int, int, int]  # of a clip: time, height, width, 3


def load_scorer(folder: Path) -> tuple[Scorer, Shape]:
    """Load a model folder; return its network with all around it, in evaluation mode, and the shape of a clip.

    Raises:
        WeightsError: if the folder is not one that stage finetune wrote.
        ValueError: if its estimator is no network.
    """
    model = load_model(folder)
    if not isinstance(model.estimator, Differentiable):
        raise ValueError(f"{folder}: {model.folder.name} is no network, so it cannot be exported")
    scorer, size = model.estimator.scorer(), model.folder.input_spec.preprocessing.align.size
    return scorer, (scorer.frames, size, size, 3)


def random_clips(batch: int, shape: Shape) -> UInt8[Tensor, "batch time height width 3"]:
    """Return random smooth clips, with which an export is compared with its network; `batch` is also the seed."""
    generator = torch.Generator().manual_seed(batch)
    frames, height, width, _ = shape
    coarse = torch.rand(batch, 3, max(frames // 4, 1), height // 8, width // 8, generator=generator)
    smooth = nn.functional.interpolate(coarse, (frames, height, width), mode="trilinear")
    return (255 * smooth).round().to(torch.uint8).permute(0, 2, 3, 4, 1).contiguous()
