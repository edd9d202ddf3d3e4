"""Look again at a face whose place is about known: R-Net and O-Net without P-Net, without a search."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pipeline.faces.boxes import landmarks_in_pixels, pixel_windows, regress_boxes, square_boxes
from pipeline.faces.integral_images import normalise_pixels
from pipeline.faces.mtcnn import CandidateNet, Faces, Mtcnn

BATCH = 16  # faces looked at together


@torch.inference_mode()
def refine(
    cascade: Mtcnn, frames: Sequence[UInt8[np.ndarray, "height width 3"]], boxes: Float[np.ndarray, "n 4"]
) -> Faces:
    """Find the face near a box in each of n frames of one size.

    R-Net corrects the place, O-Net gives the box, its probability and the landmarks; nothing is refused here. Squares
    are cut out on the CPU, and only they go to the device.

    Args:
        cascade: with the networks.
        frames: the pictures.
        boxes: about where the face is in each, in pixels.

    Returns:
        One face a frame; confidence 0 where the networks were led out of the frame.
    """
    parts = [slice(start, start + BATCH) for start in range(0, len(frames), BATCH)]
    found = [_refined(cascade, frames[part], torch.from_numpy(boxes[part]).float()) for part in parts]
    if not found:
        return Faces(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))
    return Faces(*(torch.cat(column).double().numpy() for column in zip(*found, strict=True)))


def _refined(cascade: Mtcnn, frames: Sequence[np.ndarray], boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    boxes = square_boxes(boxes)
    offsets, _ = _judged(cascade.refines, frames, boxes, cascade.device)
    boxes = square_boxes(regress_boxes(boxes, offsets, inclusive=True))
    offsets, points, score = _judged(cascade.decides, frames, boxes, cascade.device)
    return regress_boxes(boxes, offsets, inclusive=True), score, landmarks_in_pixels(points, boxes)


def _judged(
    judge: CandidateNet, frames: Sequence[np.ndarray], boxes: Tensor, device: torch.device
) -> tuple[Tensor, ...]:
    """What a network says of a box in each frame; score 0 where the box lies outside."""
    height, width = frames[0].shape[:2]
    cut = pixel_windows(boxes, width, height)
    squares = np.zeros((len(frames), judge.side, judge.side, 3), np.uint8)
    inside = (cut[:, 2:] > cut[:, :2]).all(1)
    for frame, (x0, y0, x1, y1), into, whole in zip(frames, cut.tolist(), squares, inside.tolist(), strict=True):
        if whole:
            cv2.resize(frame[y0:y1, x0:x1], (judge.side, judge.side), into, interpolation=cv2.INTER_AREA)
    *rest, score = (out.cpu() for out in judge(normalise_pixels(torch.from_numpy(squares).to(device))))
    return (*rest, score * inside)
