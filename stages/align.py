"""Follow one person through every recording and align the face in every frame.

Reads the list of recordings and their frame tables; writes a Zarr group of aligned faces for each recording (see
`pipeline.tracking.align_recording`). Broken recordings are left out.
"""

import logging
from pathlib import Path

import numpy as np

from pipeline.artifacts.hashing import verified_digests
from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.faces.placement import network_placement
from pipeline.items import Item, make_items
from pipeline.params.whole import Params
from pipeline.records.quality import read_quality
from pipeline.records.recordings import read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.stage import run_stage
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.tracking.following_notices import following_notices
from pipeline.zarr_store import read_array, read_attributes

logger = logging.getLogger(__name__)
MIN_COVERAGE = 0.9  # share of frames with a face; recordings below it are reported


def main(params: Params, recordings: Path, decoded: Path, aligned: Path) -> None:
    """Run the stage."""
    placement = network_placement()
    settings = CropSettings.from_params(params.align, str(placement.device))
    tracking = TrackingSettings.from_params(params.align)
    items, listed = [], read_recordings(recordings)
    verified_digests(decoded / recording.recording for recording in listed)
    for recording in listed:
        table = decoded / recording.recording / "frames.csv"
        if table.is_file():  # else the recording is broken, and decode has reported it
            quality = read_quality(table.parent)
            source = {
                "video": recording.sha256,
                "frames": file_digest(table),
                "fps": quality.rate,
                "restarts": quality.restarts,
                "align": params.align.model_dump(),
                "device": placement.device.type,
            }
            arguments = (recording.path.resolve(), table.parent.resolve(), settings, tracking)
            rows = table.read_bytes().count(b"\n") - 1
            items.append(Item(recording.recording, source, arguments, work=rows))
    with atomic_folder(aligned) as output:
        make_items("align", align_recording, items, output, "aligning", "recordings", "frames", placement)
        for item in items:
            report_recording(output / item.name)


def report_recording(aligned: Path) -> None:
    """Log a warning if few frames have a face, and every doubt about who is followed."""
    coverage = float(np.mean(read_array(aligned, "origin") != ORIGINS["absent"]))
    if coverage < MIN_COVERAGE:
        logger.warning("%s: a face in %.0f %% of the frames", aligned.name, 100 * coverage)
    for notice in following_notices(read_attributes(aligned)):
        logger.warning("%s: %s", aligned.name, notice)


if __name__ == "__main__":
    run_stage(main)
