"""Which places of a clip an estimate rests on: Grad-CAM (R. R. Selvaraju et al., ICCV 2017), through captum.

The last block of a stage answers a clip with channels A_c over time, height and width. Grad-CAM weighs each channel
with the mean w_c of the estimate's gradient over its places, and sums:

    relevance(place) = sum_c w_c A_c(place)

**The sign.** The estimate is a score, not a class: relevance above 0 raises it (more severe), relevance below 0 lowers
it. Grad-CAM's last step, a ReLU, is left out. It drops what speaks for other classes; here that is what speaks for a
lower score, on which every low estimate rests. The paper's picture is the positive part alone.

**The unit** is points of BDI-II. In front of an average pool (conv5 of MSN and I3D) w_c is the weight of every place.
The relevance of all places of the map then adds up to gradient times features: what the features give to the estimate,
to the first order. Elsewhere only the proportions mean something.

**How fine.** A place of the map sees far more of the picture than it covers, and the later the stage, the more. conv5
of MSN sees all of a face, so what it says of single places is rough; conv4 is finer.
"""

import torch
from captum.attr import LayerAttribution, LayerGradCam
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pipeline.models.description import Description
from pipeline.models.normalise import Normalise
from pipeline.nets.build import Network


def last_block(network: Network, stage: str) -> nn.Module:
    """The last block of a stage of the backbone, by the name that the backbone gives it.

    Raises:
        ValueError: where the backbone has no such stage.
    """
    blocks: dict[str, nn.Module] = network.backbone.last_blocks  # type: ignore[assignment]  # every backbone names them
    if stage not in blocks:
        raise ValueError(f"explain.stage is {stage}; allowed for this network: {', '.join(blocks)}")
    return blocks[stage]


def relevance(
    network: Network, description: Description, clips: UInt8[Tensor, "batch time height width 3"], stage: str
) -> tuple[Float[Tensor, "batch time height width"], Float[Tensor, " batch"]]:
    """Compute the relevance of every place of each clip, and the estimate it explains.

    Args:
        network: with a regression head, in evaluation mode.
        description: what belongs to its weights.
        clips: on the network's device.
        stage: whose last block is looked at; its map is upsampled linearly in time and space.

    Returns:
        Relevance, and estimates in points of BDI-II.

    Raises:
        ValueError: where the network has no target, is in training mode or has no such stage.
    """
    target = description.target
    if target is None or network.training:
        raise ValueError("saliency takes a network with a regression head, in evaluation mode")
    x = Normalise(description.model).to(clips.device)(clips)
    with torch.enable_grad():
        maps = LayerGradCam(network, last_block(network, stage)).attribute(x, target=0)
    with torch.no_grad():
        outputs = network(x)[:, 0]
    upsampled = LayerAttribution.interpolate(maps.detach(), tuple(x.shape[2:]), "trilinear")
    return upsampled[:, 0] * target.deviation, outputs * target.deviation + target.mean
