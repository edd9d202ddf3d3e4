"""Alignment of identity images: with published landmarks if there are any, else with the face detector."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8

from pipeline.faces.face_crop import ORIGINS, CropSettings, Face, crop_face
from pipeline.faces.mtcnn import Faces, load_mtcnn
from pipeline.zarr_store import MAPPED, GroupWriter

MAX_DETECTION_SIDE = 640  # pixels of the longer side; larger images are downscaled for the detector


@dataclass(frozen=True)
class FaceImage:
    """One image to align.

    Attributes:
        path: the file.
        landmarks: five points (x, y) in pixels, or None if they are to be detected.
    """

    path: Path
    landmarks: Float[np.ndarray, "5 2"] | None


def align_images(folder: Path, images: list[FaceImage], settings: CropSettings) -> None:
    """Align images and write them as one Zarr group.

    Args:
        folder: the group: arrays `faces` (n, size, size, 3) uint8 RGB and `origin` (n,) uint8, mapped, with the
            attribute `origin_codes`. An image without a face has a black row and the origin absent.
        images: the images to align.
        settings: of detection and alignment.

    Raises:
        ValueError: if files are not images; the message names all of them.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    unreadable = []
    with GroupWriter(folder, MAPPED) as group:
        for image in images:
            picture = read_image(image.path)
            if picture is None:
                unreadable.append(str(image.path))
                continue
            face = _locate_face(picture, image.landmarks, settings)
            group.append("faces", crop_face(picture, face, settings)[None])
            group.append("origin", np.array([ORIGINS["absent" if face is None else face.origin]], np.uint8))
        if unreadable:
            raise ValueError(f"{len(unreadable)} files cannot be read as images: {', '.join(unreadable)}")
        group.attributes["origin_codes"] = ORIGINS


def read_image(path: Path) -> UInt8[np.ndarray, "height width 3"] | None:
    """Read an image as RGB, rotated according to its EXIF data; None if it cannot be read."""
    data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    return None if picture is None else np.asarray(picture, np.uint8)


def _locate_face(picture: np.ndarray, published: np.ndarray | None, settings: CropSettings) -> Face | None:
    """Return the face of the identity, from its published landmarks or the detector; None if none is detected."""
    if published is not None:
        return Face(_box_around(published), published, 1.0, "published")
    factor = max(max(picture.shape[:2]) / MAX_DETECTION_SIDE, 1.0)
    height, width = (round(side / factor) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA) if factor > 1 else picture
    cascade = load_mtcnn(settings.min_face, settings.thresholds, 1, torch.device(settings.device))
    faces = cascade.detect(small[None])[0]
    if not len(faces):
        return None
    index = _main_face(faces, width, height)
    scale = np.array([picture.shape[1] / width, picture.shape[0] / height])
    box, landmarks = faces.boxes[index] * np.tile(scale, 2), faces.landmarks[index] * scale
    return Face(box, landmarks, float(faces.confidence[index]), "detected")


def _main_face(faces: Faces, width: int, height: int) -> int:
    """Return the index of the face of the identity: the one that is large and near the centre."""
    sizes = faces.boxes[:, 2:] - faces.boxes[:, :2]
    centres = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    distances = np.linalg.norm(centres / (width, height) - 0.5, axis=1)  # 0 to 0.71
    return int(np.argmax(sizes.prod(1) * (1 - distances)))


def _box_around(landmarks: np.ndarray) -> np.ndarray:
    """Return a square box as high as MTCNN's box of a face with these landmarks.

    Measured on real and drawn faces: the distance from the eyes to the mouth is 0.37 of the height of the box, and the
    centre of the box lies 0.08 of its height above the midpoint of eyes and mouth.
    """
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    height = float(np.linalg.norm(mouth - eyes)) / 0.37
    centre = (eyes + mouth) / 2 - (0, 0.08 * height)
    return np.concatenate([centre - height / 2, centre + height / 2])
