"""Report the face detection of a corpus: share of frames with a face, confidence, and the worst recordings.

Reads the list of recordings, their partitions, the outputs of decode and the aligned recordings. Writes
`recordings.csv` (one row per recording), `near_twins.csv` (pairs that look like copies of one video), `corpus.png`,
`worst.png` (faces of the worst recordings: confidential), and metrics of the whole corpus.
"""

import logging
from pathlib import Path

from pipeline.detection.figure import write_figure
from pipeline.detection.measure import measure
from pipeline.detection.near_twins import find_near_twins
from pipeline.detection.near_twins_table import near_twin_warnings, write_near_twins
from pipeline.detection.picture_signal import read_signal
from pipeline.detection.tables import summary, write_detections, write_summary
from pipeline.detection.thumbnails import write_thumbnails
from pipeline.parallel.workers import map_items
from pipeline.params.whole import Params
from pipeline.records.partitions import read_partitions
from pipeline.records.recordings import read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.output_checksums import item_folders
from pipeline.runtime.stage import run_stage

logger = logging.getLogger(__name__)


def main(
    params: Params, recordings: Path, partitions: Path, decoded: Path, aligned: Path, report: Path, metrics: Path
) -> None:
    """Run the stage."""
    listed = read_recordings(recordings)
    names = {folder.name for folder in item_folders(aligned)}  # align leaves out broken recordings
    whole = [item for item in listed if item.recording in names]
    detections = map_items(measure, whole, "measuring detection", aligned.resolve(), decoded.resolve())
    signals = map_items(read_signal, whole, "reading frame tables", decoded.resolve())
    twins = find_near_twins({item.recording: signal for item, signal in zip(whole, signals, strict=True)})
    partition_of = read_partitions(partitions)
    for warning in near_twin_warnings(twins, partition_of):
        logger.warning(warning)
    corpus_metrics = summary(detections, broken=len(listed) - len(whole))
    with atomic_folder(report) as folder:
        write_detections(folder / "recordings.csv", detections)
        opaque = {item.recording: item.opaque for item in whole}
        write_near_twins(folder / "near_twins.csv", twins, opaque, partition_of)
        write_figure(folder / "corpus.png", detections, corpus_metrics)
        write_thumbnails(folder / "worst.png", aligned, detections, params.detection.worst, params.detection.faces)
    write_summary(metrics, corpus_metrics)


if __name__ == "__main__":
    run_stage(main)
