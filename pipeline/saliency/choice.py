"""Whom figure 6 shows: for each severity band one recording of the test partition, and of it one clip.

The choice rests on truth alone, never on estimates. So two models are seen on the same recordings, and nobody picks the
recordings that a model happens to get right.
"""

from dataclasses import dataclass
from pathlib import Path

from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.records.tables import read_rows
from pipeline.scoring.bands import BANDS, band_of

COLUMNS = ("recording", "bdi", "estimate", "clips")


@dataclass(frozen=True)
class Scored:
    """A recording with a score, and what the network says of all its clips.

    Attributes:
        recording: its id.
        bdi: the score.
        estimate: the mean over its clips, in points of BDI-II.
        clips: how many they are; 0 where the estimate is the constant.
    """

    recording: str
    bdi: float
    estimate: float
    clips: int


def read_scored(path: Path) -> list[Scored]:
    """Read the predictions that evaluate wrote for recordings with a score.

    Raises:
        ValueError: naming the file, the row and what is wrong with it.
    """
    found = []
    for number, row in enumerate(read_rows(path, COLUMNS), start=2):
        try:
            cells = float(row["bdi"]), float(row["estimate"]), int(row["clips"])
            found.append(Scored(row["recording"], *cells))
        except ValueError as error:
            raise ValueError(f"{path}: row {number}: {error}") from None
    return found


def choose(scored: list[Scored]) -> dict[str, Scored]:
    """The recording for each band, by the band's name: the middle one of those with a clip, by score and then by id.

    Of an even number it is the lower one in the middle. A band without a recording that has a clip is left out.
    """
    chosen = {}
    for band in BANDS:
        held = [item for item in scored if item.clips and band_of(item.bdi) == band]
        if held:
            chosen[band.name] = sorted(held, key=lambda item: (item.bdi, item.recording))[(len(held) - 1) // 2]
    return chosen


def middle_clip(sequence: FaceSequence, length: int) -> tuple[int, int]:
    """(phase, start) of the middle one of the clips that cover the first phase that has any.

    Raises:
        ValueError: where the recording has no clip.
    """
    clips = sequence.covering(length, len(sequence.phases))
    if not clips:
        raise ValueError(f"{sequence.recording}: no clip of {length} frames; evaluate found one: run it again")
    starts = [start for phase, start, _ in clips if phase == clips[0][0]]
    return clips[0][0], starts[(len(starts) - 1) // 2]
