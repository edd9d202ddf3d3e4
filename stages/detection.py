"""Report what decode and align made of a corpus: how often a face was found, how surely, and where it went wrong.

Reads the list of recordings, what decode found of each and the aligned recordings. Writes `recordings.csv` (a row a
recording), `corpus.png`, `worst.png` (faces of the worst recordings: not for others), and the corpus in plain numbers.
"""

from pathlib import Path

from pipeline.detection.figure import write_figure
from pipeline.detection.measure import measure
from pipeline.detection.tables import summary, write_detections, write_summary
from pipeline.detection.thumbnails import write_thumbnails
from pipeline.parallel.workers import map_items
from pipeline.params import Params
from pipeline.records.recordings import read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage


def main(params: Params, recordings: Path, decoded: Path, aligned: Path, report: Path, metrics: Path) -> None:
    """Run the stage."""
    listed = read_recordings(recordings)
    whole = [item for item in listed if (aligned / item.recording).is_dir()]  # align leaves out what is broken
    detections = map_items(measure, whole, "looking at detection", aligned.resolve(), decoded.resolve())
    numbers = summary(detections, broken=len(listed) - len(whole))
    with atomic_folder(report) as folder:
        write_detections(folder / "recordings.csv", detections)
        write_figure(folder / "corpus.png", detections, numbers)
        write_thumbnails(folder / "worst.png", aligned, detections, params.detection.worst, params.detection.faces)
    write_summary(metrics, numbers)


if __name__ == "__main__":
    run_stage(main)
