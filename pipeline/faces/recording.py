"""Align one recording: a face, or a trace of its absence, for every row of its frame table."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from pathlib import Path

import cv2
import numpy as np
import torch

from pipeline.faces.aligned import ORIGINS, Face, Settings, between, straightened
from pipeline.faces.every import every_row
from pipeline.faces.film import Film, blocks
from pipeline.faces.follow import rivals
from pipeline.faces.similarity import Picture
from pipeline.faces.sparse import sparse_rows
from pipeline.params import Align
from pipeline.store import ARCHIVE, GroupWriter
from pipeline.work.frames import read_quality, read_table

DETECTORS = {"every": every_row, "sparse": sparse_rows}
BLOCK = 64  # rows written at once
Row = tuple[Picture, Face | None]


@dataclass(frozen=True)
class Following:
    """How one person is followed; see the section `align` of params.yaml."""

    detector: str
    survey: int
    max_gap: int

    @classmethod
    def of(cls, align: Align) -> "Following":
        """What the section says."""
        return cls(align.detector, align.survey, align.max_gap)


def align_recording(folder: Path, video: Path, decoded: Path, settings: Settings, following: Following) -> None:
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
    table = read_table(decoded)
    film = Film.of(video, table)
    found, pictures = DETECTORS[following.detector](film, following.survey, settings)
    times = np.unique(table.frame, return_counts=True)[1].tolist()
    rows = chain.from_iterable(repeat(seen, count) for seen, count in zip(pictures, times, strict=True))
    whole = filled(rows, following.max_gap, set(table.cuts.tolist()))
    straight = ((straightened(picture, face, settings), face) for picture, face in whole)
    with GroupWriter(folder, ARCHIVE) as group:
        for block in blocks(straight, BLOCK):
            group.append("faces", np.stack([picture for picture, _ in block]))
            for name, values in _columns([face for _, face in block]).items():
                group.append(name, values)
        group.attributes |= {"origin_codes": ORIGINS, "fps": table.fps, "rivals": rivals(found)}
        told = {name: value for name, value in {**asdict(settings), **asdict(following)}.items() if name != "device"}
        group.attributes["preprocessing"] = {"decode": {"fps": read_quality(decoded).rate}, "align": told}


def filled(rows: Iterable[Row], max_gap: int, cuts: Container[int] = ()) -> Iterator[Row]:
    """Interpolate boxes and landmarks over gaps of at most `max_gap` rows between ones with a face.

    Rows of a gap are held back until it is known how long it is: at most one more than `max_gap` pictures wait.

    Args:
        rows: pictures with their faces.
        max_gap: the longest gap that is bridged.
        cuts: numbers of the rows with which a shot begins: nothing is bridged from one shot to the next.
    """
    before: Face | None = None
    gap: list[Picture] = []
    for number, (picture, face) in enumerate(rows):
        if number in cuts or len(gap) > max_gap:
            before = None  # what follows is not joined to what was
        if before is None:
            yield from ((missing, None) for missing in gap)
            gap.clear()
        if face is None:
            gap.append(picture)
            continue
        if before is not None:
            steps = len(gap) + 1
            yield from ((missing, between(before, face, n / steps)) for n, missing in enumerate(gap, start=1))
            gap.clear()
        before = face
        yield picture, face
    yield from ((missing, None) for missing in gap)


def _columns(faces: list[Face | None]) -> dict[str, np.ndarray]:
    """What is kept of faces beside their pictures, NaN where there is none."""
    return {
        "boxes": np.array([np.full(4, np.nan) if f is None else f.box for f in faces], np.float32),
        "landmarks": np.array([np.full((5, 2), np.nan) if f is None else f.landmarks for f in faces], np.float32),
        "confidence": np.array([np.nan if f is None else f.confidence for f in faces], np.float32),
        "origin": np.array([ORIGINS["absent" if f is None else f.origin] for f in faces], np.uint8),
    }
