"""Outputs of decode and align for a recording, made by hand, as test data."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.detection.measure import Detection
from pipeline.records.frame_table import FrameTable
from pipeline.records.quality import Quality, write_decoded
from pipeline.records.recordings import Recording
from pipeline.zarr_store import ARCHIVE, GroupWriter
from tests.pipeline.tracking.no_doubts import NO_DOUBTS

SIZE = 16
CODES = {"absent": 0, "detected": 1, "refined": 2, "interpolated": 3, "published": 4}


def write_recording(
    root: Path, name: str, origin: list[int], confidence: list[float], cuts: tuple[int, ...] = ()
) -> None:
    """Write the folders root/aligned/name and root/decoded/name.

    Args:
        root: of both folders.
        name: of the recording.
        origin: code of each frame. Frame k has the grey value 10 k and a box from (0, 0) to (30, 40 + k).
        confidence: of the detected and the refined frames, in order.
        cuts: frames at which a shot begins.
    """
    count = len(origin)
    absent = np.array(origin) == 0
    confidence_of_frames = np.full(count, np.nan, np.float32)
    confidence_of_frames[np.isin(origin, (1, 2))] = confidence
    boxes = np.array([(0, 0, 30, 40 + k) for k in range(count)], np.float32)
    boxes[absent] = np.nan
    faces = np.broadcast_to(np.arange(count)[:, None, None, None] * 10, (count, SIZE, SIZE, 3)).astype(np.uint8)
    with GroupWriter(root / "aligned" / name, ARCHIVE) as group:
        group.append("faces", np.where(absent[:, None, None, None], 0, faces).astype(np.uint8))
        group.append("boxes", boxes)
        group.append("confidence", confidence_of_frames)
        group.append("origin", np.array(origin, np.uint8))
        group.attributes |= {"origin_codes": CODES, "fps": 5.0, "rivals": len(cuts)}
        group.attributes |= {"still_faces": 1, "follows_still": False, "people": 3, "people_certain": True}
        group.attributes |= {"person_changes": 4, "turned": 90}
    zeros = np.zeros(count)
    table = FrameTable(
        frame=np.arange(count),
        time=np.arange(count) / 5,
        key=np.zeros(count, bool),
        corrupt=np.zeros(count, bool),
        brightness=zeros,
        sharpness=zeros,
        change=np.isin(np.arange(count), cuts) * 99.0,
    )
    (root / "decoded" / name).mkdir(parents=True)
    write_decoded(
        root / "decoded" / name,
        table,
        Quality("whole", black=0.25, frozen=0.5, blurred=0.75, irregular=0.125, pauses=2),
    )


def recording(name: str) -> Recording:
    """Return a recording; its hash begins with the hexadecimal code of its name."""
    return Recording(name, Path(f"{name}.mp4"), 1, (name.encode().hex() + 64 * "0")[:64])


def detection(name: str, absent: int = 0, low: float | None = 0.9, **changes: Any) -> Detection:
    """Return measures of a recording of 20 frames: `absent` of them without a face, the others detected."""
    values: dict[str, Any] = {
        "opaque": f"opaque-{name}",
        "frames": 20,
        "origins": {"detected": 20 - absent, "refined": 0, "interpolated": 0, "absent": absent},
        "confidence": None if low is None else 0.99,
        "confidence_low": low,
        "box_height": None if low is None else 60.0,
        **NO_DOUBTS,
        "cuts": 0,
        "longest_absence": absent,
        "black": 0.0,
        "frozen": 0.0,
        "blurred": 0.0,
        "irregular": 0.0,
        "pauses": 0,
    }
    return Detection(recording=name, **{**values, **changes})
