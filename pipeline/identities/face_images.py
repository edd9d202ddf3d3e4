"""Align the images of identities: with published landmarks where there are some, else with the detector."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8

from pipeline.faces.face_crop import ORIGINS, CropSettings, Face, crop_face
from pipeline.faces.mtcnn import Faces, load_mtcnn
from pipeline.zarr_store import MAPPED, GroupWriter

LARGEST = 640  # pixels of the longer side of what the detector sees; larger images are shrunk for it


@dataclass(frozen=True)
class FaceImage:
    """One image to align.

    Attributes:
        path: the file.
        landmarks: five points (x, y) in pixels, or None where they have to be found.
    """

    path: Path
    landmarks: Float[np.ndarray, "5 2"] | None


def align_images(folder: Path, portraits: list[FaceImage], settings: CropSettings) -> None:
    """Align images and write them as one group of rows.

    Args:
        folder: gets a mapped group: `faces` (n, size, size, 3) uint8 RGB and `origin` (n,) uint8, with the attribute
            `origin_codes`. An image without a face has a black row and the origin absent.
        portraits: the images.
        settings: what shapes the result.

    Raises:
        ValueError: naming every file that is not an image.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    unreadable = []
    with GroupWriter(folder, MAPPED) as group:
        for portrait in portraits:
            picture = read_image(portrait.path)
            if picture is None:
                unreadable.append(str(portrait.path))
                continue
            face = _located(picture, portrait.landmarks, settings)
            group.append("faces", crop_face(picture, face, settings)[None])
            group.append("origin", np.array([ORIGINS["absent" if face is None else face.origin]], np.uint8))
        if unreadable:
            raise ValueError(f"{len(unreadable)} files cannot be read as images: {', '.join(unreadable)}")
        group.attributes["origin_codes"] = ORIGINS


def read_image(path: Path) -> UInt8[np.ndarray, "height width 3"] | None:
    """Read an image as RGB, turned as its EXIF data says; None where it cannot be read."""
    data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    return None if picture is None else np.asarray(picture, np.uint8)


def _located(picture: np.ndarray, published: np.ndarray | None, settings: CropSettings) -> Face | None:
    """The face that an image is of."""
    if published is not None:
        return Face(_around(published), published, 1.0, "published")
    shrink = max(max(picture.shape[:2]) / LARGEST, 1.0)
    height, width = (round(side / shrink) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA) if shrink > 1 else picture
    cascade = load_mtcnn(settings.min_face, settings.thresholds, 1, torch.device(settings.device))
    faces = cascade.detect(small[None])[0]
    if not len(faces):
        return None
    subject = _subject(faces, width, height)
    scale = np.array([picture.shape[1] / width, picture.shape[0] / height])
    box, landmarks = faces.boxes[subject] * np.tile(scale, 2), faces.landmarks[subject] * scale
    return Face(box, landmarks, float(faces.confidence[subject]), "detected")


def _subject(faces: Faces, width: int, height: int) -> int:
    """The number of the face that a portrait is of: large and near the middle."""
    size = faces.boxes[:, 2:] - faces.boxes[:, :2]
    middle = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    off = np.linalg.norm(middle / (width, height) - 0.5, axis=1)  # 0 to 0.71
    return int(np.argmax(size.prod(1) * (1 - off)))


def _around(landmarks: np.ndarray) -> np.ndarray:
    """A square as high as the box that MTCNN gives a face with these landmarks.

    Measured on real and drawn faces: from the eyes to the mouth is 0.37 of the box's height, and its centre lies 0.08
    of its height above the middle between them.
    """
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    height = float(np.linalg.norm(mouth - eyes)) / 0.37
    middle = (eyes + mouth) / 2 - (0, 0.08 * height)
    return np.concatenate([middle - height / 2, middle + height / 2])
