"""Read every frame of every recording once, and keep what the rest needs to be exact: times, geometry, quality.

The pixels are not kept: a decoded corpus is terabytes, and its faces are a fraction of that. Reads the list of
recordings; writes `frames.csv` and `quality.json` for each. A broken recording has no `frames.csv`.
"""

import logging
from pathlib import Path

from pipeline.inspection import write_inspection
from pipeline.params import Params
from pipeline.work.frames import read_quality
from pipeline.work.recordings import Recording, read_recordings
from pipeline.work.stage import fresh, run_stage
from pipeline.work.workers import Task, WorkFailedError, make_all

logger = logging.getLogger(__name__)


def main(params: Params, recordings: Path, decoded: Path) -> None:
    """Run the stage."""
    fps, max_lost = params.decode.fps, params.decode.max_lost
    listed = read_recordings(recordings)
    tasks = [
        Task(
            name=item.recording,
            source={"sha256": item.sha256, "fps": fps, "max_lost": max_lost},
            arguments=(item.path.resolve(), fps, max_lost),
            work=item.bytes,
        )
        for item in listed
    ]
    with fresh(decoded) as output:
        make_all("decode", write_inspection, tasks, output, "decoding", "recordings", "bytes")
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
        raise WorkFailedError(f"{listing}\nMend or remove them, or leave them out with decode.on_error: skip")
    logger.warning("%s\nThey are left out (decode.on_error: skip)", listing)


if __name__ == "__main__":
    run_stage(main)
