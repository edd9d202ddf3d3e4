"""Alignment of identity images: with published landmarks, with the detector, and of images without a face."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.identities.face_images import FaceImage, align_images
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import Expression
from pipeline.simulation.random_streams import random_stream
from pipeline.zarr_store import map_array, read_array

SETTINGS = CropSettings("similarity", 64, 32, (0.6, 0.7, 0.7), 0.2, "cpu")


def _portrait(path: Path, size: int, number: int = 1) -> np.ndarray:
    """Write a drawn portrait as JPEG and return its true landmarks."""
    random = random_stream(number, "portrait")
    pose = FacePose(size / 2, size / 2, size * 0.33, tilt=15)
    picture, landmarks = draw_frame(draw_appearance(random), Expression(), pose, size, size, random)
    cv2.imwrite(str(path), picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 95))
    return landmarks


def test_published_and_detected_landmarks_give_similar_face_crops(tmp_path: Path) -> None:
    landmarks = _portrait(tmp_path / "a.jpg", 160)
    cv2.imwrite(str(tmp_path / "empty.jpg"), np.full((90, 120, 3), 140, np.uint8))
    _portrait(tmp_path / "large.jpg", 1300)
    paths = [("a", landmarks), ("a", None), ("empty", None), ("large", None)]
    images = [FaceImage(tmp_path / f"{name}.jpg", points) for name, points in paths]
    align_images(tmp_path / "group", images, SETTINGS)
    origins = [ORIGINS[name] for name in ("published", "detected", "absent", "detected")]
    assert read_array(tmp_path / "group", "origin").tolist() == origins
    faces = map_array(tmp_path / "group", "faces")[:].astype(float)
    assert faces.shape == (4, 64, 64, 3)
    assert faces[2].max() == 0
    correlations = [np.corrcoef(faces[0].ravel(), faces[row].ravel())[0, 1] for row in (1, 3)]
    assert min(correlations) > 0.9  # the same subject, aligned in the same way


def test_all_files_that_are_not_images_are_named(tmp_path: Path) -> None:
    _portrait(tmp_path / "good.jpg", 120)
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "empty.jpg").touch()
    images = [FaceImage(tmp_path / name, None) for name in ("text.jpg", "good.jpg", "empty.jpg")]
    with pytest.raises(ValueError, match=r"2 files cannot be read as images: .*text\.jpg, .*empty\.jpg"):
        align_images(tmp_path / "group", images, SETTINGS)


def test_grey_images_get_three_channels(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((70, 70), 90, np.uint8))
    align_images(tmp_path / "group", [FaceImage(tmp_path / "grey.png", None)], SETTINGS)
    assert map_array(tmp_path / "group", "faces").shape == (1, 64, 64, 3)


def test_real_images_all_show_a_face(real_data: Path, tmp_path: Path) -> None:
    paths = sorted((real_data / "faces").glob("*/*1.jpg"))[:40]
    align_images(tmp_path / "group", [FaceImage(path, None) for path in paths], SETTINGS)
    assert set(read_array(tmp_path / "group", "origin").tolist()) == {ORIGINS["detected"]}
