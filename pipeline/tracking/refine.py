"""Refinement of a face near a known box: R-Net and O-Net only, without P-Net and its image pyramid."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pipeline.faces.boxes import landmarks_in_pixels, pixel_windows, regress_boxes, square_boxes, windows_in_picture
from pipeline.faces.integral_images import normalise_pixels
from pipeline.faces.mtcnn import CandidateNet, Faces, Mtcnn

BATCH = 16  # faces in a batch


@torch.inference_mode()
def refine(
    cascade: Mtcnn, frames: Sequence[UInt8[np.ndarray, "height width 3"]], boxes: Float[np.ndarray, "n 4"]
) -> Faces:
    """Locate the face near a box in each of n frames of one size.

    R-Net corrects the box; O-Net predicts the final box, its probability and the landmarks. No face is rejected here.
    Squares are cut out on the CPU, and only the squares are sent to the device.

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


def _refine_batch(cascade: Mtcnn, frames: Sequence[np.ndarray], boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return boxes, confidences and landmarks of up to `BATCH` faces."""
    boxes = square_boxes(boxes)
    offsets, _ = _run_network(cascade.rnet, frames, boxes, cascade.device)
    boxes = square_boxes(regress_boxes(boxes, offsets, inclusive=True))
    offsets, points, score = _run_network(cascade.onet, frames, boxes, cascade.device)
    return regress_boxes(boxes, offsets, inclusive=True), score, landmarks_in_pixels(points, boxes)


def _run_network(
    network: CandidateNet, frames: Sequence[np.ndarray], boxes: Tensor, device: torch.device
) -> tuple[Tensor, ...]:
    """Run a network on one box in each frame; the last output is the score, 0 if the box lies outside the frame."""
    height, width = frames[0].shape[:2]
    windows = pixel_windows(boxes)
    squares = np.zeros((len(frames), network.side, network.side, 3), np.uint8)
    inside = windows_in_picture(windows, width, height)
    for frame, window, square, is_inside in zip(frames, windows.tolist(), squares, inside.tolist(), strict=True):
        if is_inside:
            part = _cut_out(frame, *window)
            cv2.resize(part, (network.side, network.side), square, interpolation=cv2.INTER_AREA)
    *rest, score = (output.cpu() for output in network(normalise_pixels(torch.from_numpy(squares).to(device))))
    return (*rest, score * inside)


def _cut_out(
    frame: UInt8[np.ndarray, "height width 3"], x0: int, y0: int, x1: int, y1: int
) -> UInt8[np.ndarray, "window_height window_width 3"]:
    """Return a window of a frame, ends excluded; beyond its borders a frame is black, as in the training of MTCNN."""
    height, width = frame.shape[:2]
    left, top, right, bottom = max(-x0, 0), max(-y0, 0), max(x1 - width, 0), max(y1 - height, 0)
    part = frame[y0 + top : y1 - bottom, x0 + left : x1 - right]
    return (
        cv2.copyMakeBorder(part, top, bottom, left, right, cv2.BORDER_CONSTANT)
        if left or top or right or bottom
        else part
    )
