"""Face boxes as rows (x1, y1, x2, y2) in pixels, and the operations of MTCNN on them between its networks.

MTCNN counts pixels from 1 and includes both ends (Zhang et al. 2016, as first implemented). The functions here do the
same wherever the networks were trained on such boxes.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def square_boxes(boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """Grow the shorter side of each box about its centre, so that the box becomes a square."""
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(1, keepdim=True).values
    corner = boxes[:, :2] + size * 0.5 - side * 0.5
    return torch.cat([corner, corner + side], 1)


def regress_boxes(boxes: Float[Tensor, "n 4"], offsets: Float[Tensor, "n 4"], inclusive: bool) -> Float[Tensor, "n 4"]:
    """Apply box regression: move each side by a share of the box's width or height.

    Args:
        boxes: in pixels.
        offsets: of the four sides, as shares of the width (x) or height (y).
        inclusive: whether width and height count both end pixels.
    """
    size = boxes[:, 2:] - boxes[:, :2] + (1 if inclusive else 0)
    return boxes + offsets * torch.cat([size, size], 1)


def landmarks_in_pixels(points: Float[Tensor, "n 10"], boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 5 2"]:
    """Convert O-Net's landmarks to pixels (x, y).

    Args:
        points: shares of the box's size: the x of the five landmarks, then their y.
        boxes: in pixels.
    """
    corner, size = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2] + 1)[:, None]
    return points.view(-1, 2, 5).transpose(1, 2) * size + corner - 1


def pixel_windows(boxes: Float[Tensor, "n 4"]) -> Int[Tensor, "n 4"]:
    """Convert boxes to windows of whole pixels, which may reach beyond the picture.

    Returns:
        Rows (x from, y from, x to, y to), counted from 0, ends excluded.
    """
    corners = boxes.floor().long()
    return torch.cat([corners[:, :2] - 1, corners[:, 2:]], 1)


def windows_in_picture(windows: Int[Tensor, "n 4"], width: int, height: int) -> Bool[Tensor, " n"]:
    """Whether each window shows at least one pixel of a picture of `width` x `height`."""
    start = windows[:, :2].clamp(min=0)
    stop = torch.minimum(windows[:, 2:], torch.tensor([width, height], device=windows.device))
    return (stop > start).all(1)


def nms_by_smaller_area(
    boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"], max_overlap: float
) -> Int[Tensor, " kept"]:
    """Non-maximum suppression by the intersection over the area of the *smaller* box; sides count both end pixels.

    Returns:
        Indices of the remaining boxes, by falling score. A box is removed if its overlap with a remaining box of higher
        score exceeds `max_overlap`.
    """
    order = torch.argsort(scores, descending=True, stable=True)
    area = (boxes[:, 2:] - boxes[:, :2] + 1).prod(1)
    indices: list[Tensor] = []
    while len(order):
        best, order = order[0], order[1:]
        indices.append(best)
        low = torch.maximum(boxes[best, :2], boxes[order, :2])
        high = torch.minimum(boxes[best, 2:], boxes[order, 2:])
        intersection = (high - low + 1).clamp(min=0).prod(1)
        order = order[intersection / torch.minimum(area[best], area[order]) <= max_overlap]
    return torch.stack(indices) if indices else torch.empty(0, dtype=torch.long, device=boxes.device)
