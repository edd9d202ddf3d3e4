"""Read every frame of every recording once, and keep what the rest needs to be exact: times, geometry, quality.

The pixels are not kept: a decoded corpus is terabytes, and its faces are a fraction of that. Reads the list of
recordings; writes `frames.csv` and `quality.json` for each. A broken recording has no `frames.csv`.
"""

import logging
from pathlib import Path

from pipeline.inspection import write_inspection
from pipeline.items import Item, make_items
from pipeline.params import Params
from pipeline.records.quality import read_quality
from pipeline.records.recordings import Recording, read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.stage import run_stage

logger = logging.getLogger(__name__)


def main(params: Params, recordings: Path, decoded: Path) -> None:
    """Run the stage."""
    fps, max_lost = params.decode.fps, params.decode.max_lost
    listed = read_recordings(recordings)
    tasks = [
        Item(
            name=item.recording,
            source={"sha256": item.sha256, "fps": fps, "max_lost": max_lost},
            arguments=(item.path.resolve(), fps, max_lost),
            work=item.bytes,
        )
        for item in listed
    ]
    with atomic_folder(decoded) as output:
        make_items("decode", write_inspection, tasks, output, "decoding", "recordings", "bytes")
        report_broken(listed, output, params.decode.on_error)


def report_broken(recordings: list[Recording], decoded: Path, on_error: str) -> None:
    """Name every broken recording: as a warning where they are skipped, else as the error that stops.

    Raises:
        WorkFailedError: with `on_error` stop, where there is one.
    """
    found = {item: read_quality(decoded / item.recording) for item in recordings}
    broken = [
        f"  {item.recording} ({item.path}): {quality.reason}"
        for item, quality in found.items()
        if quality.status == "broken"
    ]
    if not broken:
        return
    listing = f"{len(broken)} of {len(recordings)} recordings are broken:\n" + "\n".join(broken)
    if on_error == "stop":
        raise ItemsFailedError(f"{listing}\nMend or remove them, or leave them out with decode.on_error: skip")
    logger.warning("%s\nThey are left out (decode.on_error: skip)", listing)


if __name__ == "__main__":
    run_stage(main)
