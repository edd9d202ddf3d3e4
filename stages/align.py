"""Follow one person through every recording and straighten their face in every frame.

Reads the list of recordings and what decode found of each; writes a Zarr group for each (see
`pipeline.faces.recording`). A recording that decode found broken is left out.
"""

import logging
from pathlib import Path

import numpy as np

from pipeline.faces.aligned import ORIGINS, Settings
from pipeline.faces.recording import Following, align_recording
from pipeline.params import Params
from pipeline.store import read_array, read_attributes
from pipeline.work.content import file_digest
from pipeline.work.device import network_place
from pipeline.work.frames import read_quality
from pipeline.work.recordings import read_recordings
from pipeline.work.stage import fresh, run_stage
from pipeline.work.workers import Task, make_all

logger = logging.getLogger(__name__)
LITTLE = 0.9  # share of frames with a face below which a recording is named


def main(params: Params, recordings: Path, decoded: Path, aligned: Path) -> None:
    """Run the stage."""
    place = network_place()
    settings, following = Settings.of(params.align, str(place.device)), Following.of(params.align)
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
            tasks.append(Task(item.recording, source, arguments, work=rows))
    with fresh(aligned) as output:
        make_all("align", align_recording, tasks, output, "aligning", "recordings", "frames", place)
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
