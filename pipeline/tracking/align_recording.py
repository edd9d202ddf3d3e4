"""Align one recording: write the followed person's face, or its absence, for every row of the frame table."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from pathlib import Path

import cv2
import numpy as np
import torch

from pipeline.faces.face_crop import ORIGINS, CropSettings, Face, crop_face
from pipeline.params.faces import Align
from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.tracking.doubts import doubts
from pipeline.tracking.following import Following
from pipeline.tracking.frame_reader import FrameReader, batched
from pipeline.tracking.full_search import FullSearch
from pipeline.tracking.gaps import Row, fill_gaps
from pipeline.tracking.sparse_search import SparseSearch
from pipeline.tracking.turns import Turns
from pipeline.tracking.upright import turned_degrees
from pipeline.zarr_store import ARCHIVE, GroupWriter

DETECTORS: dict[str, Callable[[FrameReader, CropSettings], FullSearch]] = {
    "every": lambda _, settings: FullSearch(settings),
    "sparse": lambda reader, settings: SparseSearch(settings, reader.shots()),
}

BLOCK = 64  # rows written at once


@dataclass(frozen=True)
class TrackingSettings:
    """Settings of tracking; see the section `align` of params.yaml."""

    detector: str
    survey_step: float
    max_gap: int

    @classmethod
    def from_params(cls, align: Align) -> "TrackingSettings":
        """Take the settings from the section `align`."""
        return cls(align.detector, align.survey_step, align.max_gap)

    def search(self, reader: FrameReader, settings: CropSettings) -> FullSearch:
        """Return how the detector searches the rows between key rows."""
        return DETECTORS[self.detector](reader, settings)


def align_recording(
    folder: Path, video: Path, decoded: Path, settings: CropSettings, tracking: TrackingSettings
) -> None:
    """Follow one person through a recording and write the aligned face of every frame.

    Args:
        folder: where an archive group is written with, for T rows: `faces` (T, size, size, 3) uint8 RGB; `boxes` (T, 4)
            and `landmarks` (T, 5, 2) float32 in pixels (x, y) of the upright, square-pixel frame; `confidence` (T,)
            float32; `origin` (T,) uint8. Rows without a face have NaN and a black face. Attributes: `origin_codes`,
            `fps`, `preprocessing` (the settings used), `breaks` (rows that no clip contains together with the row
            before, rising: a pause ends there, the clock of the file is set back, or the person changes), and the
            doubts of `pipeline.tracking.doubts`.
        video: the file.
        decoded: the recording's folder in the output of decode.
        settings: of face detection and alignment.
        tracking: settings of tracking.
    """
    torch.set_num_threads(1)  # one fixed number: other numbers give other bits
    cv2.setNumThreads(1)
    table, quality = read_frame_table(decoded), read_quality(decoded)
    breaks = {*table.pauses.tolist(), *table.rows_of(quality.restarts).tolist()} - {0}
    gap_ends = {*table.cuts.tolist(), *breaks}
    repeats = np.unique(table.frame, return_counts=True)[1].tolist()
    reader = FrameReader.from_table(video, table, quality.canvas)
    search = tracking.search(reader, settings)
    following = Following(reader, tracking.survey_step, search)
    with GroupWriter(folder, ARCHIVE) as group:
        _append(group, fill_gaps(_repeated(following.first_pass(), repeats), tracking.max_gap, gap_ends), settings)
        turns = Turns(following.tracks, reader.shots())
        if turns.people is not None or not following.is_final:
            group.clear()
            rows = _repeated(following.second_pass(), repeats)
            separate = turns.separate(rows, np.repeat(np.arange(len(repeats)), repeats).tolist())
            _append(group, fill_gaps(separate, tracking.max_gap, gap_ends, turns.breaks), settings)
        group.attributes |= {"origin_codes": ORIGINS, "fps": table.fps, "breaks": sorted({*breaks, *turns.breaks})}
        group.attributes |= doubts(following.tracks, turns, turned_degrees(reader, following.tracks, search))
        align = {name: value for name, value in {**asdict(settings), **asdict(tracking)}.items() if name != "device"}
        group.attributes["preprocessing"] = {"decode": {"fps": quality.rate}, "align": align}


def _repeated(rows: Iterable[Row], repeats: list[int]) -> Iterator[Row]:
    """Return each row as often as the frame table contains its frame."""
    return chain.from_iterable(repeat(row, count) for row, count in zip(rows, repeats, strict=True))


def _append(group: GroupWriter, rows: Iterable[Row], settings: CropSettings) -> None:
    """Append the face crops of rows, and the columns beside them, to a group."""
    crops = ((crop_face(picture, face, settings), face) for picture, face in rows)
    for block in batched(crops, BLOCK):
        group.append("faces", np.stack([crop for crop, _ in block]))
        for name, values in _columns([face for _, face in block]).items():
            group.append(name, values)


def _columns(faces: list[Face | None]) -> dict[str, np.ndarray]:
    """Return the arrays that are stored beside the face crops, by name; NaN for rows without a face."""
    return {
        "boxes": np.array([np.full(4, np.nan) if f is None else f.box for f in faces], np.float32),
        "landmarks": np.array([np.full((5, 2), np.nan) if f is None else f.landmarks for f in faces], np.float32),
        "confidence": np.array([np.nan if f is None else f.confidence for f in faces], np.float32),
        "origin": np.array([ORIGINS["absent" if f is None else f.origin] for f in faces], np.uint8),
    }
