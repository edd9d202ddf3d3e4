"""Refinement of a face near a known box: R-Net and O-Net only, without P-Net and its image pyramid."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.faces.boxes import landmarks_in_pixels, pixel_windows, regress_boxes, square_boxes, windows_in_picture
from pipeline.faces.halving import Picture
from pipeline.faces.integral_images import normalise_pixels
from pipeline.faces.mtcnn import CandidateNet, Faces, Mtcnn
from pipeline.tracking.squares import resized_squares

BATCH = 48  # faces whose squares are in memory at once; a multiple of both networks' batches


@torch.inference_mode()
def refine(cascade: Mtcnn, frames: Sequence[Picture], boxes: Float[np.ndarray, "n 4"]) -> Faces:
    """Locate the face near a box in each of n frames of one size.

    R-Net corrects the box; O-Net predicts the final box, its probability and the landmarks. No face is rejected here.
    The parts of the pictures that are needed are cut out on the CPU, and only they are sent to the device.

    Args:
        cascade: holds R-Net and O-Net.
        frames: the pictures.
        boxes: approximate box of the face in each picture, in pixels.

    Returns:
        One face a frame; its confidence is 0 if its box has left the frame.
    """
    parts = [slice(start, start + BATCH) for start in range(0, len(frames), BATCH)]
    outputs = [_refine_batch(cascade, frames[part], torch.from_numpy(boxes[part]).float()) for part in parts]
    if not outputs:
        return Faces(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))
    return Faces(*(torch.cat(column).double().numpy() for column in zip(*outputs, strict=True)))


def _refine_batch(cascade: Mtcnn, frames: Sequence[Picture], boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return boxes, confidences and landmarks of up to `BATCH` faces."""
    boxes = square_boxes(boxes)
    offsets, _ = _run_network(cascade.rnet, frames, boxes, cascade.device)
    boxes = square_boxes(regress_boxes(boxes, offsets, inclusive=True))
    offsets, points, score = _run_network(cascade.onet, frames, boxes, cascade.device)
    return regress_boxes(boxes, offsets, inclusive=True), score, landmarks_in_pixels(points, boxes)


def _run_network(
    network: CandidateNet, frames: Sequence[Picture], boxes: Tensor, device: torch.device
) -> tuple[Tensor, ...]:
    """Run a network on a square box in each frame; the last output is the score, 0 if the box lies outside the frame.

    Boxes count pixels from 1, so the left edge of a box is at x1 - 1. The cascade rounds boxes down to whole pixels, so
    its networks see them half a pixel further left and up on average. The same half pixel is subtracted here, 1.5 in
    all, so that both give the same landmarks.
    """
    height, width = frames[0].shape[:2]
    lengths = (boxes[:, 2] - boxes[:, 0] + 1).clamp(min=1)
    squares = resized_squares(frames, boxes[:, :2] - 1.5, lengths, network.side, device)
    *rest, score = (output.cpu() for output in network(normalise_pixels(squares)))
    return (*rest, score * windows_in_picture(pixel_windows(boxes), width, height))
