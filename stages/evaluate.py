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
from pipeline.scoring.predictions import Prediction, join, write_clips, write_predictions
from pipeline.scoring.summary import summarise, write_intervals, write_metrics
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
    length, settings = params.clip.length, params.evaluate
    network, description = load_network(finetuned)
    if description.clip != length:
        raise ValueError(f"{finetuned}: made for clips of {description.clip} frames; clip.length is {length}")
    fitting, testing = read_labels(labels_fitting), read_labels(labels_testing)
    known = baseline(fitting)
    wanted = [*testing, *(label for label in fitting if label.bdi is None)]
    labels = [label for label in wanted if (sequences / label.recording).is_dir()]
    folders = [sequences / label.recording for label in labels]
    place = device()
    videos = predict(network.to(place), description, folders, length, settings.phases, place, "estimating")
    predictions = [
        join(label, video, open_sequence(folder), known)
        for label, video, folder in zip(labels, videos, folders, strict=True)
    ]
    missing = [label for label in wanted if label not in labels]
    faceless = [item for item in predictions if not item.clips]
    _warn("without a sequence, left out", missing)
    _warn("without a face, whose estimate is the constant", faceless)

    summaries = summarise(predictions, known.constant, settings.resamples, settings.seed)
    with fresh(results) as folder:
        write_predictions(folder, predictions)
        write_clips(folder / "clips.csv", videos)
        write_intervals(folder / "intervals.csv", summaries)
        write_figure5(folder / "figure5.png", predictions, known.constant, summaries[0] if summaries else None)
    scored = [sum(item.bdi is not None for item in group) for group in (faceless, missing)]
    write_metrics(metrics, summaries, without_face=scored[0], missing=scored[1])


def _warn(what: str, found: Sequence[Label | Prediction]) -> None:
    if found:
        logger.warning("recordings %s: %s", what, ", ".join(item.recording for item in found))


if __name__ == "__main__":
    run_stage(main)
