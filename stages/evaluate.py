"""Evaluate: score the test partition beside what knows no face, with intervals over subjects, and draw it.

Reads data/sequences, both label files and models/finetuned. Writes metrics.json, and in results the estimates of
videos (also of those without a score) and of clips, every figure with its interval, confusion of severity bands,
conformal intervals where some recordings were measured while fitting, and pictures.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipeline.data.clips.input_spec import check_geometry
from pipeline.data.frame_order import FrameOrder
from pipeline.data.split import split_labels
from pipeline.device import select_device
from pipeline.estimators.estimates import VideoEstimate
from pipeline.estimators.predict import predict
from pipeline.models.weights import load_network
from pipeline.params import Params
from pipeline.records.labels import Label, read_labels
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.scoring.baselines import baseline
from pipeline.scoring.conformal import calibrate, write_conformal
from pipeline.scoring.estimates import estimate_recordings
from pipeline.scoring.missing import count_missing, without_clip, without_face
from pipeline.scoring.predictions import Prediction
from pipeline.scoring.results import write_results
from pipeline.scoring.subgroups import subgroups_of
from pipeline.scoring.summary import summarise, write_metrics

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
    clip, settings, fitted_by = params.clip, params.evaluate, params.finetune
    network, description = load_network(finetuned)
    fitting, testing = read_labels(labels_fitting), read_labels(labels_testing)
    known = baseline(fitting)
    measured = split_labels(fitting, fitted_by.validation, fitted_by.held_out, fitted_by.seed).validated
    wanted = [*testing, *(label for label in fitting if label.bdi is None)]
    folders = [sequences / label.recording for label in (*wanted, *measured)]
    check_geometry(finetuned, description, [folder for folder in folders if folder.is_dir()], clip)
    place, order = select_device(), FrameOrder(settings.order, settings.seed)
    network.to(place)

    def ask(held: list[Path]) -> list[VideoEstimate]:
        return predict(network, description, held, clip, settings.phases, place, "estimating", order)

    tested = estimate_recordings(wanted, sequences, clip.absent, known, ask)
    validated = [
        item for item in estimate_recordings(measured, sequences, clip.absent, known, ask).predictions if item.clips
    ]
    _warn("without a sequence, left out", tested.missing)
    _warn("without a face, whose estimate is the constant", without_face(tested.predictions))
    brief = f"without a clip that clip.absent {clip.absent} allows, whose estimate is the constant"
    _warn(brief, without_clip(tested.predictions))

    parts = subgroups_of(tested.predictions, known)
    summaries = summarise(parts, settings.resamples, settings.seed)
    with atomic_folder(results) as folder:
        write_results(folder, tested, known, summaries, sequences, clip.length)
        if validated:
            intervals = calibrate(validated, parts, settings.resamples, settings.seed)
            write_conformal(folder / "conformal.csv", intervals, parts)
    write_metrics(metrics, summaries, validated, count_missing(tested.predictions, tested.missing))


def _warn(what: str, found: Sequence[Label | Prediction]) -> None:
    if found:
        logger.warning("recordings %s: %s", what, ", ".join(item.recording for item in found))


if __name__ == "__main__":
    run_stage(main)
