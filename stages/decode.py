"""Decode every frame of every recording once, and write frame tables and quality records.

The pixels are not stored: a decoded corpus is terabytes, and its faces are a fraction of that. Reads the list of
recordings; writes `frames.csv` and `quality.json` for each. A broken recording has no `frames.csv`.
"""

import logging
from pathlib import Path

from pipeline.inspection.inspect_video import write_inspection
from pipeline.items import Item, make_items
from pipeline.params.whole import Params
from pipeline.records.quality import read_quality
from pipeline.records.quality_notices import quality_notices
from pipeline.records.recordings import Recording, read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.stage import run_stage

logger = logging.getLogger(__name__)
REMEDY = (
    "Repair or remove them, allow more lost packets with decode.max_lost, or leave them out with decode.on_error: skip"
)


def main(params: Params, recordings: Path, decoded: Path) -> None:
    """Run the stage."""
    fps, max_lost = params.decode.fps, params.decode.max_lost
    listed = read_recordings(recordings)
    items = [
        Item(
            name=recording.recording,
            source={"sha256": recording.sha256, "fps": fps, "max_lost": max_lost},
            arguments=(recording.path.resolve(), fps, max_lost),
            work=recording.bytes,
        )
        for recording in listed
    ]
    with atomic_folder(decoded) as output:
        make_items("decode", write_inspection, items, output, "decoding", "recordings", "bytes")
        report_broken(listed, output, params.decode.on_error)
        report_notices(listed, output)


def report_broken(recordings: list[Recording], decoded: Path, on_error: str) -> None:
    """List the broken recordings, in a warning or in an error, depending on decode.on_error.

    Raises:
        ItemsFailedError: if a recording is broken and `on_error` is stop.
    """
    qualities = {recording: read_quality(decoded / recording.recording) for recording in recordings}
    broken = [
        f"  {recording.recording} ({recording.path}): {quality.reason}"
        for recording, quality in qualities.items()
        if quality.status == "broken"
    ]
    if not broken:
        return
    listing = f"{len(broken)} of {len(recordings)} recordings are broken:\n" + "\n".join(broken)
    if on_error == "stop":
        raise ItemsFailedError(f"{listing}\n{REMEDY}")
    logger.warning("%s\nThey are left out (decode.on_error: skip)", listing)


def report_notices(recordings: list[Recording], decoded: Path) -> None:
    """Log a warning for every recording whose frames or times are doubtful."""
    for recording in recordings:
        for notice in quality_notices(read_quality(decoded / recording.recording)):
            logger.warning("%s: %s", recording.recording, notice)


if __name__ == "__main__":
    run_stage(main)
