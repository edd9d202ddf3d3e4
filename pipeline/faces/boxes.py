"""Boxes of faces as rows (x1, y1, x2, y2) in pixels, and what MTCNN does to them between its networks.

MTCNN counts pixels from 1 and includes both ends (Zhang et al. 2016, in the form of its first implementation); what
follows keeps to that where its networks were trained on it.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def square_boxes(boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """Grow the shorter side of each box about its centre until it is a square."""
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(1, keepdim=True).values
    corner = boxes[:, :2] + size * 0.5 - side * 0.5
    return torch.cat([corner, corner + side], 1)


def regress_boxes(boxes: Float[Tensor, "n 4"], offsets: Float[Tensor, "n 4"], inclusive: bool) -> Float[Tensor, "n 4"]:
    """Move each side of a box by a share of the box's width or height; `inclusive` counts both ends of a side."""
    size = boxes[:, 2:] - boxes[:, :2] + (1 if inclusive else 0)
    return boxes + offsets * torch.cat([size, size], 1)


def landmarks_in_pixels(points: Float[Tensor, "n 10"], boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 5 2"]:
    """Landmarks (x, y) in pixels, from O-Net's shares of a box: five times across, then five times down."""
    corner, size = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2] + 1)[:, None]
    return points.view(-1, 2, 5).transpose(1, 2) * size + corner - 1


def pixel_windows(boxes: Float[Tensor, "n 4"], width: int, height: int) -> Int[Tensor, "n 4"]:
    """The pixels (x from, y from, x to, y to; ends excluded, counted from 0) of boxes, cut at the picture's edges."""
    whole = boxes.trunc().long()
    start = whole[:, :2].clamp(min=1) - 1
    stop = torch.minimum(whole[:, 2:], torch.tensor([width, height], device=boxes.device))
    return torch.cat([start, stop], 1)


def nms_by_smaller_area(boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"], most: float) -> Int[Tensor, " kept"]:
    """Non-maximum suppression by the share of the *smaller* box that is covered, both ends of a side counted.

    Returns:
        Numbers of the boxes that stay, best first: none covers more than `most` of a better one, or is so covered.
    """
    order = torch.argsort(scores, descending=True, stable=True)
    area = (boxes[:, 2:] - boxes[:, :2] + 1).prod(1)
    kept: list[Tensor] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[order, :2])
        high = torch.minimum(boxes[best, 2:], boxes[order, 2:])
        shared = (high - low + 1).clamp(min=0).prod(1)
        order = order[shared / torch.minimum(area[best], area[order]) <= most]
    return torch.stack(kept) if kept else torch.empty(0, dtype=torch.long, device=boxes.device)
