"""The cascade against facenet-pytorch's own cascade, and against the true landmarks of simulated faces."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from facenet_pytorch import MTCNN

from pipeline.faces.mtcnn import Faces, Mtcnn
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import expressions, processes
from pipeline.simulation.random_streams import random_stream
from pipeline.video.reading import read_frames

CPU = torch.device("cpu")
THRESHOLDS = (0.6, 0.7, 0.7)


def _draw_frames(count: int, width: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Draw one frame (4:3) of each of `count` subjects; return the frames and the true landmarks."""
    frames, landmarks = [], []
    for number in range(count):
        random = random_stream(5, "frame", number)
        expression = expressions(processes(random, 1, 1.0, 1.0))[0]
        frame, points = draw_frame(
            draw_appearance(random),
            expression,
            FacePose(80 * width / 160, 58 * width / 160, 33 * width / 160),
            width,
            width * 3 // 4,
            random,
        )
        frames.append(frame)
        landmarks.append(points)
    return np.stack(frames), np.stack(landmarks)


def _agreement(detections: Sequence[Faces], frames: np.ndarray, min_face: int) -> list[bool]:
    """Compare with facenet-pytorch's cascade.

    Returns:
        For every face that either cascade detects: whether both detect it, with nearly equal boxes and landmarks.
    """
    reference = MTCNN(keep_all=True, min_face_size=min_face, thresholds=list(THRESHOLDS), device="cpu")
    agree = []
    for faces, frame in zip(detections, frames, strict=True):
        boxes, _, landmarks = reference.detect(frame, landmarks=True)
        boxes = np.empty((0, 4)) if boxes is None else boxes.astype(float)
        landmarks = np.empty((0, 5, 2)) if landmarks is None else landmarks.astype(float)
        agree += [False] * abs(len(boxes) - len(faces))
        for box, points in zip(boxes, landmarks, strict=True):
            low, high = np.maximum(faces.boxes[:, :2], box[:2]), np.minimum(faces.boxes[:, 2:], box[2:])
            intersection = (high - low).clip(0).prod(1)
            iou = intersection / (
                (faces.boxes[:, 2:] - faces.boxes[:, :2]).prod(1) + (box[2:] - box[:2]).prod() - intersection
            )
            best = int(np.argmax(iou)) if len(iou) else None
            error = np.inf if best is None else np.abs(faces.landmarks[best] - points).max()
            agree.append(bool(best is not None and iou[best] >= 0.98 and error <= 0.01 * np.ptp(points[:2, 0])))
    return agree


def test_drawn_faces_are_detected_with_their_landmarks() -> None:
    frames, landmarks = _draw_frames(24)
    cascade = Mtcnn(32, THRESHOLDS, 8, CPU)
    detections = [faces for start in range(0, 24, 8) for faces in cascade.detect(frames[start : start + 8])]
    assert [len(faces) for faces in detections] == [1] * 24
    eye_distance = np.linalg.norm(landmarks[:, 0] - landmarks[:, 1], axis=1)
    errors = np.stack([faces.landmarks[0] for faces in detections]) - landmarks
    assert np.median(np.linalg.norm(errors, axis=2) / eye_distance[:, None]) < 0.10
    assert all(_agreement(detections, frames, 32))


BORDERS = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)]


def _crop_at_border(frame: np.ndarray, landmarks: np.ndarray, border: tuple[int, int], eyes: float) -> np.ndarray:
    """Cut a frame on one or two sides so that the outermost landmark lies `eyes` eye distances from the new border.

    Args:
        frame: the picture.
        landmarks: of its face.
        border: -1 cuts at the left (first) or top (second), 1 at the right or bottom, 0 does not cut.
        eyes: the distance; the eyes, nose and mouth remain visible and the box of the face reaches beyond.
    """
    reach = eyes * np.linalg.norm(landmarks[0] - landmarks[1])
    low, high = (landmarks.min(0) - reach).astype(int).clip(0), (landmarks.max(0) + reach).astype(int)
    columns, rows = (
        slice(low[axis], None) if side < 0 else slice(None, high[axis]) if side > 0 else slice(None)
        for axis, side in enumerate(border)
    )
    return np.ascontiguousarray(frame[rows, columns])


def _in_black(frames: np.ndarray, pixels: int) -> np.ndarray:
    """Return frames with black around."""
    return np.pad(frames, ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0)))


@pytest.mark.parametrize("border", BORDERS, ids=str)
@pytest.mark.parametrize("size", [160, 320])
def test_faces_at_the_border_are_those_of_a_picture_with_black_around(border: tuple[int, int], size: int) -> None:
    """The reference is facenet-pytorch on frames with black around; without it both fail by half an eye distance."""
    reference = MTCNN(keep_all=True, min_face_size=32, thresholds=list(THRESHOLDS), device="cpu")
    cascade = Mtcnn(32, THRESHOLDS, 1, CPU)
    errors = []
    for frame, landmarks in zip(*_draw_frames(3, size), strict=True):
        cut = _crop_at_border(frame, landmarks, border, 0.3)
        (faces,) = cascade.detect(cut[None])
        expected = reference.detect(_in_black(cut[None], 80)[0], landmarks=True)[2][0].astype(float) - 80
        difference = np.linalg.norm(faces.landmarks[0] - expected, axis=1).max()
        errors.append(difference / np.linalg.norm(expected[0] - expected[1]))
    assert max(errors) < 0.03


def test_faces_away_from_the_border_are_kept_when_another_meets_it() -> None:
    frames, landmarks = _draw_frames(2)
    cut = _crop_at_border(frames[1], landmarks[1], (1, 0), 0.3)
    frame = np.concatenate([frames[0], cut], 1)[None]
    cascade = Mtcnn(32, THRESHOLDS, 1, CPU)
    (faces,) = cascade.detect(frame)
    assert len(faces) == 2
    assert (np.diff(faces.confidence) <= 0).all()
    away = int(np.argmin(faces.boxes[:, 0]))
    black = frame.copy()
    black[:, :, 160:] = frames[0][:, :1]  # the other face is gone
    np.testing.assert_allclose(faces.landmarks[away], cascade.detect(black)[0].landmarks[0], atol=0.5)


def test_results_do_not_depend_on_the_batch() -> None:
    frames, _ = _draw_frames(8)
    cascade = Mtcnn(32, THRESHOLDS, 8, CPU)
    together = cascade.detect(frames)
    for number in (0, 3, 7):
        alone = cascade.detect(frames[number : number + 1])[0]
        np.testing.assert_array_equal(alone.landmarks, together[number].landmarks)
        np.testing.assert_array_equal(alone.confidence, together[number].confidence)


def test_no_face_is_detected_in_black_or_noise() -> None:
    cascade = Mtcnn(20, THRESHOLDS, 2, CPU)
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    assert [len(faces) for faces in cascade.detect(np.stack([np.zeros_like(noise), noise]))] == [0, 0]
    assert [len(faces) for faces in cascade.detect(np.zeros((1, 8, 8, 3), np.uint8))] == [0]  # below the smallest face


def test_more_frames_than_the_batch_raise() -> None:
    with pytest.raises(ValueError, match="3 frames; allowed: up to 2"):
        Mtcnn(20, THRESHOLDS, 2, CPU).detect(np.zeros((3, 40, 40, 3), np.uint8))


@pytest.mark.parametrize(
    "video_and_step", [("clm_cap12.webm", 80), ("pyfeat_single_face.mp4", 6), ("facenet_video.mp4", 50)]
)
def test_real_faces_agree_with_facenet_pytorch(real_data: Path, video_and_step: tuple[str, int]) -> None:
    name, step = video_and_step
    count = {"clm_cap12.webm": 1316, "pyfeat_single_face.mp4": 72, "facenet_video.mp4": 105}[name]
    frames = np.stack(list(read_frames(real_data / "videos" / name, range(0, count, step))))
    cascade = Mtcnn(40, THRESHOLDS, 4, CPU)
    detections = [faces for start in range(0, len(frames), 4) for faces in cascade.detect(frames[start : start + 4])]
    assert np.mean(_agreement(detections, frames, 40)) >= 0.9  # few faces a video; over all of them 99 % (README)
