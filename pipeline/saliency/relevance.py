"""The relevance of each pixel of a clip for its estimate, by Grad-CAM (R. R. Selvaraju et al., ICCV 2017), with captum.

The last block of a stage computes channels A_c over time, height and width. Grad-CAM weights each channel with w_c, the
mean over all positions of the estimate's gradient, and sums the channels:

    relevance(position) = sum_c w_c A_c(position)

**Sign.** The estimate is a score, not a class: relevance above 0 raises it (more severe), relevance below 0 lowers it.
The ReLU at the end of Grad-CAM is therefore left out. For classes it drops evidence for other classes; here it would
drop evidence for a lower score, on which every low estimate rests. The paper's picture shows the positive part alone.

**Unit.** Points. Before an average pool (conv5 of MSN and I3D), w_c is the weight of every position, so the
relevance of all positions of the map adds up to gradient times features: the contribution of the features to the
estimate, to first order. Elsewhere only proportions are meaningful.

**Resolution.** The receptive field of a position of the map is far larger than the pixels that it covers, and grows
from stage to stage. In conv5 of MSN it is the whole face, so the relevance is coarse; in conv4 it is finer.
"""

import numpy as np
import torch
from captum.attr import LayerAttribution, LayerGradCam
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pipeline.nets.build import Network
from pipeline.score_networks.scorer import Scorer


def last_block(network: Network, stage: str) -> nn.Module:
    """Return the last block of a stage of the backbone.

    Raises:
        ValueError: if the backbone has no such stage.
    """
    blocks: dict[str, nn.Module] = network.backbone.last_blocks  # type: ignore[assignment]  # every backbone has it
    if stage not in blocks:
        raise ValueError(f"explain.stage is {stage}; allowed for this network: {', '.join(blocks)}")
    return blocks[stage]


def relevance(
    scorer: Scorer, clips: UInt8[Tensor, "batch time height width 3"], stage: str
) -> tuple[Float[Tensor, "batch time height width"], Float[Tensor, " batch"]]:
    """Compute the relevance of every pixel of each clip, and the estimate that it explains.

    Args:
        scorer: in evaluation mode.
        clips: on its device.
        stage: Grad-CAM takes the output of its last block; the map is upsampled linearly in time and space.

    Returns:
        Relevance and estimates, both in points.

    Raises:
        ValueError: if the network is in training mode or has no such stage.
    """
    if scorer.training:
        raise ValueError("saliency needs a network in evaluation mode")
    with torch.enable_grad():
        maps = LayerGradCam(scorer, last_block(scorer.network, stage)).attribute(clips).detach()
    with torch.no_grad():
        estimates = scorer(clips)
    maps = maps.unsqueeze(2) if maps.ndim == 4 else maps  # a network of single frames has no time axis
    return LayerAttribution.interpolate(maps, tuple(clips.shape[1:4]), "trilinear")[:, 0], estimates


def clip_relevance(
    scorer: Scorer, faces: UInt8[np.ndarray, "time height width 3"], stage: str, device: torch.device
) -> tuple[Float[np.ndarray, "time height width"], float]:
    """Compute the relevance of every pixel of one clip, and its estimate; see `relevance`.

    A network of single frames sees each frame by itself; the estimate is the mean over them.

    Args:
        scorer: in evaluation mode, on `device`.
        faces: as many frames as the network sees at once, or a multiple of them.
        stage: Grad-CAM takes the output of its last block.
        device: of the network.
    """
    clips = torch.from_numpy(faces).unflatten(0, (-1, scorer.frames)).to(device)
    maps, estimates = relevance(scorer, clips, stage)
    return maps.flatten(0, 1).cpu().numpy(), float(estimates.mean())
