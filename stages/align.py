"""Follow one person through every recording and straighten their face in every frame.

Reads the list of recordings and what decode found of each; writes a Zarr group for each (see
`pipeline.tracking.align_recording`). A recording that decode found broken is left out.
"""

import logging
from pathlib import Path

import numpy as np

from pipeline.artifacts.hashing import file_digest
from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.faces.placement import network_placement
from pipeline.items import Item, make_items
from pipeline.params import Params
from pipeline.records.quality import read_quality
from pipeline.records.recordings import read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.zarr_store import read_array, read_attributes

logger = logging.getLogger(__name__)
LITTLE = 0.9  # share of frames with a face below which a recording is named


def main(params: Params, recordings: Path, decoded: Path, aligned: Path) -> None:
    """Run the stage."""
    place = network_placement()
    settings, following = CropSettings.of(params.align, str(place.device)), TrackingSettings.of(params.align)
    tasks = []
    for item in read_recordings(recordings):
        table = decoded / item.recording / "frames.csv"
        if table.is_file():  # else broken, and decode has said so
            source = {
                "video": item.sha256,
                "frames": file_digest(table),
                "fps": read_quality(table.parent).rate,
                "align": params.align.model_dump(),
                "device": place.device.type,
            }
            arguments = (item.path.resolve(), table.parent.resolve(), settings, following)
            rows = table.read_bytes().count(b"\n") - 1
            tasks.append(Item(item.recording, source, arguments, work=rows))
    with atomic_folder(aligned) as output:
        make_items("align", align_recording, tasks, output, "aligning", "recordings", "frames", place)
        for task in tasks:
            report(output / task.name)


def report(aligned: Path) -> None:
    """Say of a recording what a person should look at: few faces, or more than one person to follow."""
    found = float(np.mean(read_array(aligned, "origin") != ORIGINS["absent"]))
    if found < LITTLE:
        logger.warning("%s: a face in %.0f %% of the frames", aligned.name, 100 * found)
    if others := read_attributes(aligned)["rivals"]:
        logger.warning("%s: %d others are seen nearly as often as the person followed", aligned.name, others)


if __name__ == "__main__":
    run_stage(main)
