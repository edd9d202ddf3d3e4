"""Refinement: the face near a box, independent of the batch; confidence 0 for a box outside the frame."""

import numpy as np
import torch

from pipeline.faces.mtcnn import Mtcnn
from pipeline.tracking.refine import BATCH, refine
from tests.pipeline.tracking.scenes import Scene

CASCADE = Mtcnn(32, (0.6, 0.7, 0.7), 1, torch.device("cpu"))


def _faces(count: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Draw frames with one face each.

    Returns:
        The frames, boxes like those of MTCNN, and the true landmarks.
    """
    scene = Scene(count)
    x = 80 + 3.0 * np.arange(count)
    truth = np.stack([scene.put(t, 1 + t % 3, x[t], 90, 42, np.sin(t)) for t in range(count)])
    eyes, mouth = truth[:, :2].mean(1), truth[:, 3:].mean(1)
    height = np.linalg.norm(mouth - eyes, axis=1)[:, None] / 0.37
    centre = (eyes + mouth) / 2 - height * (0, 0.08)
    return list(scene.frames), np.concatenate([centre - height / 2, centre + height / 2], 1), truth


def test_refine_corrects_a_shifted_box() -> None:
    frames, boxes, truth = _faces(20)
    size = (boxes[:, 2:] - boxes[:, :2]).max(1)[:, None]
    shift = np.random.default_rng(0).uniform(-0.15, 0.15, (20, 2)) * size
    faces = refine(CASCADE, frames, boxes + np.tile(shift, 2))
    assert faces.confidence.min() > 0.7  # the threshold of O-Net
    eyes = np.linalg.norm(truth[:, 0] - truth[:, 1], axis=1)
    assert np.median(np.linalg.norm(faces.landmarks - truth, axis=2) / eyes[:, None]) < 0.10


def test_results_do_not_depend_on_the_batch() -> None:
    frames, boxes, _ = _faces(BATCH + 5)
    together = refine(CASCADE, frames, boxes)
    order = np.random.default_rng(1).permutation(len(frames))
    shuffled = refine(CASCADE, [frames[number] for number in order], boxes[order])
    np.testing.assert_array_equal(shuffled.landmarks, together.landmarks[order])
    np.testing.assert_array_equal(shuffled.confidence, together.confidence[order])
    alone = refine(CASCADE, frames[7:8], boxes[7:8])
    np.testing.assert_array_equal(alone.boxes[0], together.boxes[7])


def test_a_box_outside_the_frame_has_confidence_0() -> None:
    frames, boxes, _ = _faces(2)
    faces = refine(CASCADE, frames, np.array([[500.0, 500.0, 560.0, 560.0], boxes[1]]))
    assert faces.confidence[0] == 0
    assert faces.confidence[1] > 0.9
    assert len(refine(CASCADE, [], np.empty((0, 4)))) == 0


def test_refined_faces_at_the_border_are_those_of_frames_with_black_around() -> None:
    frames, boxes, truth = _faces(4)
    eyes = np.linalg.norm(truth[:, 0] - truth[:, 1], axis=1)
    low, high = (truth.min((0, 1)) - 0.3 * eyes.min()).astype(int), (truth.max((0, 1)) + 0.3 * eyes.min()).astype(int)
    frames = [frame[low[1] : high[1], low[0] : high[0]] for frame in frames]  # cut on all sides
    boxes = boxes - np.tile(low, 2)
    cut = refine(CASCADE, frames, boxes)
    in_black = refine(CASCADE, [np.pad(frame, ((80, 80), (80, 80), (0, 0))) for frame in frames], boxes + 80)
    np.testing.assert_allclose(cut.landmarks, in_black.landmarks - 80, atol=1e-3)
    assert cut.confidence.min() > 0.7


def test_refined_faces_lie_where_the_cascade_finds_them() -> None:
    """On average over places within a pixel; half a pixel of a shift would show."""
    scene = Scene(40)
    for t in range(40):
        scene.put(t, 1, 90 + 0.13 * t, 85 + 0.29 * t, 42, 0.0)
    searched = [CASCADE.detect(frame[None])[0] for frame in scene.frames]
    refined = refine(CASCADE, list(scene.frames), np.stack([faces.boxes[0] for faces in searched]))
    difference = refined.landmarks - np.stack([faces.landmarks[0] for faces in searched])
    assert np.abs(difference.mean((0, 1))).max() < 0.2


def test_a_box_turned_inside_out_has_confidence_0() -> None:
    frames, boxes, _ = _faces(2)
    boxes[0] = [120.0, 100.0, 80.0, 60.0]
    faces = refine(CASCADE, frames, boxes)
    assert faces.confidence[0] == 0
    assert faces.confidence[1] > 0.9
    assert np.isfinite(faces.landmarks).all()
