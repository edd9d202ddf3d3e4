"""Align one recording: a face, or a trace of its absence, for every row of its frame table."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8

from pipeline.faces.aligned import ORIGINS, Settings, straightened
from pipeline.faces.cascade import Faces, load_cascade
from pipeline.faces.follow import Person, choose, people, rivals, sightings
from pipeline.store import ARCHIVE, GroupWriter
from pipeline.video import read_frames
from pipeline.work.frames import FrameTable, read_table

BATCH = 8  # frames that the detector sees at once
Picture = UInt8[np.ndarray, "height width 3"]


@dataclass
class _Row:
    """One row of the result, with its picture until the face is warped out of it."""

    picture: Picture
    box: Float[np.ndarray, " 4"]
    landmarks: Float[np.ndarray, "5 2"]
    confidence: float
    origin: int


def align_recording(folder: Path, video: Path, decoded: Path, settings: Settings) -> None:
    """Follow one person through a recording and write their face in every frame.

    Args:
        folder: gets an archive group with, for T rows: `faces` (T, size, size, 3) uint8 RGB; `boxes` (T, 4) and
            `landmarks` (T, 5, 2) float32 in pixels (x, y) of the upright, square-pixel frame; `confidence` (T,)
            float32; `origin` (T,) uint8. Where absent: NaN and a black face. Attributes: `origin_codes`, `fps`,
            `rivals` (people seen nearly as often; 0 where there is no doubt).
        video: the file.
        decoded: the folder of its frame table.
        settings: what shapes the result.
    """
    torch.set_num_threads(1)  # one fixed number: other numbers give other bits
    cv2.setNumThreads(1)
    table = read_table(decoded)
    found = _survey(video, table, settings)
    with GroupWriter(folder, ARCHIVE) as group:
        for block in _blocks(_filled(_rows(video, table, settings, found[0] if found else None), settings.max_gap)):
            group.append("faces", np.stack([straightened(r.picture, r.box, r.landmarks, settings) for r in block]))
            group.append("boxes", np.array([row.box for row in block], np.float32))
            group.append("landmarks", np.array([row.landmarks for row in block], np.float32))
            group.append("confidence", np.array([row.confidence for row in block], np.float32))
            group.append("origin", np.array([row.origin for row in block], np.uint8))
        group.attributes |= {"origin_codes": ORIGINS, "fps": table.fps, "rivals": rivals(found)}


def _survey(video: Path, table: FrameTable, settings: Settings) -> list[Person]:
    """The people in every n-th row, the most often seen first."""
    rows = range(0, len(table), settings.survey)
    frames = table.frame[:: settings.survey]
    pairs = zip(rows, _detected(video, frames, settings), strict=True)
    return people([sightings(row, picture, faces) for row, (picture, faces) in pairs])


def _detected(video: Path, frames: np.ndarray, settings: Settings) -> Iterator[tuple[Picture, Faces]]:
    """Every listed frame with the faces in it; a frame that repeats is searched once."""
    device = torch.device(settings.device)
    cascade = load_cascade(settings.min_face, settings.thresholds, BATCH, device)
    times = [len(list(same)) for _, same in groupby(frames.tolist())]
    pictures = read_frames(video, list(dict.fromkeys(frames.tolist())))
    for start, block in zip(range(0, len(times), BATCH), _blocks(pictures, BATCH), strict=True):
        for picture, faces, count in zip(block, cascade.detect(np.stack(block)), times[start:], strict=False):
            yield from [(picture, faces)] * count


def _rows(video: Path, table: FrameTable, settings: Settings, person: Person | None) -> Iterator[_Row]:
    """One row a frame, as detected or absent."""
    for row, (picture, faces) in enumerate(_detected(video, table.frame, settings)):
        chosen = choose(person, sightings(row, picture, faces)) if person else None
        if chosen is None:
            yield _Row(picture, np.full(4, np.nan), np.full((5, 2), np.nan), np.nan, ORIGINS["absent"])
        else:
            face = faces.boxes[chosen], faces.landmarks[chosen], float(faces.confidence[chosen])
            yield _Row(picture, *face, ORIGINS["detected"])


def _filled(rows: Iterator[_Row], max_gap: int) -> Iterator[_Row]:
    """Interpolate boxes and landmarks over gaps of at most `max_gap` rows between detected ones.

    Rows of a gap are held back until it is known how long it is: at most `max_gap` pictures wait.
    """
    before: _Row | None = None
    gap: deque[_Row] = deque()
    for row in rows:
        if row.origin == ORIGINS["absent"]:
            gap.append(row)
            if before is None or len(gap) > max_gap:
                before = None  # too long, or without a beginning: what follows is not joined to what was
                yield from gap
                gap.clear()
            continue
        if before is not None:
            for number, missing in enumerate(gap, start=1):
                share = number / (len(gap) + 1)
                missing.box = (1 - share) * before.box + share * row.box
                missing.landmarks = (1 - share) * before.landmarks + share * row.landmarks
                missing.origin = ORIGINS["interpolated"]
        yield from gap
        gap.clear()
        before = row
        yield row
    yield from gap


def _blocks(items: Iterator, size: int = 64) -> Iterator[list]:
    block = []
    for item in items:
        block.append(item)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block
