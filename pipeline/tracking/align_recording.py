"""Align one recording: a face, or a trace of its absence, for every row of its frame table."""

from dataclasses import asdict, dataclass
from itertools import chain, repeat
from pathlib import Path

import cv2
import numpy as np
import torch

from pipeline.faces.face_crop import ORIGINS, CropSettings, Face, crop_face
from pipeline.params import Align
from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.tracking.dense import detect_densely
from pipeline.tracking.frame_reader import FrameReader, batched
from pipeline.tracking.gaps import fill_gaps
from pipeline.tracking.linking import competing_tracks
from pipeline.tracking.sparse import detect_sparsely
from pipeline.zarr_store import ARCHIVE, GroupWriter

DETECTORS = {"every": detect_densely, "sparse": detect_sparsely}

BLOCK = 64  # rows written at once


@dataclass(frozen=True)
class TrackingSettings:
    """How one person is followed; see the section `align` of params.yaml."""

    detector: str
    survey: int
    max_gap: int

    @classmethod
    def of(cls, align: Align) -> "TrackingSettings":
        """What the section says."""
        return cls(align.detector, align.survey, align.max_gap)


def align_recording(
    folder: Path, video: Path, decoded: Path, settings: CropSettings, following: TrackingSettings
) -> None:
    """Follow one person through a recording and write their face in every frame.

    Args:
        folder: gets an archive group with, for T rows: `faces` (T, size, size, 3) uint8 RGB; `boxes` (T, 4) and
            `landmarks` (T, 5, 2) float32 in pixels (x, y) of the upright, square-pixel frame; `confidence` (T,)
            float32; `origin` (T,) uint8. Where absent: NaN and a black face. Attributes: `origin_codes`, `fps`,
            `rivals` (people seen nearly as often; 0 where there is no doubt), `preprocessing` (how they were made).
        video: the file.
        decoded: the folder of what decode found of it.
        settings: how a face is found and cut out.
        following: how the person is followed.
    """
    torch.set_num_threads(1)  # one fixed number: other numbers give other bits
    cv2.setNumThreads(1)
    table = read_frame_table(decoded)
    film = FrameReader.of(video, table)
    found, pictures = DETECTORS[following.detector](film, following.survey, settings)
    times = np.unique(table.frame, return_counts=True)[1].tolist()
    rows = chain.from_iterable(repeat(seen, count) for seen, count in zip(pictures, times, strict=True))
    whole = fill_gaps(rows, following.max_gap, set(table.cuts.tolist()))
    straight = ((crop_face(picture, face, settings), face) for picture, face in whole)
    with GroupWriter(folder, ARCHIVE) as group:
        for block in batched(straight, BLOCK):
            group.append("faces", np.stack([picture for picture, _ in block]))
            for name, values in _columns([face for _, face in block]).items():
                group.append(name, values)
        group.attributes |= {"origin_codes": ORIGINS, "fps": table.fps, "rivals": competing_tracks(found)}
        told = {name: value for name, value in {**asdict(settings), **asdict(following)}.items() if name != "device"}
        group.attributes["preprocessing"] = {"decode": {"fps": read_quality(decoded).rate}, "align": told}


def _columns(faces: list[Face | None]) -> dict[str, np.ndarray]:
    """What is kept of faces beside their pictures, NaN where there is none."""
    return {
        "boxes": np.array([np.full(4, np.nan) if f is None else f.box for f in faces], np.float32),
        "landmarks": np.array([np.full((5, 2), np.nan) if f is None else f.landmarks for f in faces], np.float32),
        "confidence": np.array([np.nan if f is None else f.confidence for f in faces], np.float32),
        "origin": np.array([ORIGINS["absent" if f is None else f.origin] for f in faces], np.uint8),
    }
