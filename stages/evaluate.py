"""Evaluate: score the test partition beside the constant, with intervals over subjects, and draw figure 5.

Reads data/sequences, both label files and models/finetuned. Writes metrics.json, and in results the estimates of
videos (also of those without a score) and of clips, every figure with its interval, and figure 5.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipeline.nets.weights import load_network
from pipeline.params import Params
from pipeline.scoring.baseline import baseline
from pipeline.scoring.figures import write_figure5
from pipeline.scoring.gaps import count_gaps, never_seen, too_briefly_seen
from pipeline.scoring.predictions import Prediction, join, write_clips, write_predictions
from pipeline.scoring.summary import summarise, write_intervals, write_metrics
from pipeline.training.footage import check_geometry
from pipeline.training.predict import predict
from pipeline.training.sequences import open_sequence
from pipeline.work.device import device
from pipeline.work.labels import Label, read_labels
from pipeline.work.stage import fresh, run_stage

logger = logging.getLogger(__name__)


def main(
    params: Params,
    sequences: Path,
    labels_fitting: Path,
    labels_testing: Path,
    finetuned: Path,
    metrics: Path,
    results: Path,
) -> None:
    """Run the stage."""
    clip, settings = params.clip, params.evaluate
    network, description = load_network(finetuned)
    fitting, testing = read_labels(labels_fitting), read_labels(labels_testing)
    known = baseline(fitting)
    wanted = [*testing, *(label for label in fitting if label.bdi is None)]
    labels = [label for label in wanted if (sequences / label.recording).is_dir()]
    folders = [sequences / label.recording for label in labels]
    check_geometry(finetuned, description, folders, clip)
    place = device()
    videos = predict(network.to(place), description, folders, clip, settings.phases, place, "estimating")
    predictions = [
        join(label, video, open_sequence(folder, clip.absent), known)
        for label, video, folder in zip(labels, videos, folders, strict=True)
    ]
    missing = [label for label in wanted if label not in labels]
    _warn("without a sequence, left out", missing)
    _warn("without a face, whose estimate is the constant", never_seen(predictions))
    brief = f"without a clip that clip.absent {clip.absent} allows, whose estimate is the constant"
    _warn(brief, too_briefly_seen(predictions))

    summaries = summarise(predictions, known.constant, settings.resamples, settings.seed)
    with fresh(results) as folder:
        write_predictions(folder, predictions)
        write_clips(folder / "clips.csv", videos)
        write_intervals(folder / "intervals.csv", summaries)
        write_figure5(folder / "figure5.png", predictions, known.constant, summaries[0] if summaries else None)
    write_metrics(metrics, summaries, count_gaps(predictions, missing))


def _warn(what: str, found: Sequence[Label | Prediction]) -> None:
    if found:
        logger.warning("recordings %s: %s", what, ", ".join(item.recording for item in found))


if __name__ == "__main__":
    run_stage(main)
