"""Evaluate: score the test partition beside what knows no face, with intervals over subjects, and draw it.

Reads data/sequences, both label files and models/finetuned. Writes metrics.json, and in results the estimates of
videos (also of those without a score) and of clips, every figure with its interval, confusion of severity bands,
conformal intervals where some recordings were measured while fitting, and pictures.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipeline.nets.weights import load_network
from pipeline.params import Params
from pipeline.scoring.baseline import baseline
from pipeline.scoring.conformal import calibrate, write_conformal
from pipeline.scoring.estimated import estimate
from pipeline.scoring.gaps import count_gaps, never_seen, too_briefly_seen
from pipeline.scoring.parts import parts_of
from pipeline.scoring.predictions import Prediction
from pipeline.scoring.results import write_results
from pipeline.scoring.summary import summarise, write_metrics
from pipeline.training.division import divide
from pipeline.training.footage import check_geometry
from pipeline.training.order import FrameOrder
from pipeline.training.predict import VideoEstimate, predict
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
    clip, settings, fitted_by = params.clip, params.evaluate, params.finetune
    network, description = load_network(finetuned)
    fitting, testing = read_labels(labels_fitting), read_labels(labels_testing)
    known = baseline(fitting)
    measured = divide(fitting, fitted_by.validation, fitted_by.held_out, fitted_by.seed).validated
    wanted = [*testing, *(label for label in fitting if label.bdi is None)]
    folders = [sequences / label.recording for label in (*wanted, *measured)]
    check_geometry(finetuned, description, [folder for folder in folders if folder.is_dir()], clip)
    place, order = device(), FrameOrder(settings.order, settings.seed)
    network.to(place)

    def ask(held: list[Path]) -> list[VideoEstimate]:
        return predict(network, description, held, clip, settings.phases, place, "estimating", order)

    tested = estimate(wanted, sequences, clip.absent, known, ask)
    validated = [item for item in estimate(measured, sequences, clip.absent, known, ask).predictions if item.clips]
    _warn("without a sequence, left out", tested.missing)
    _warn("without a face, whose estimate is the constant", never_seen(tested.predictions))
    brief = f"without a clip that clip.absent {clip.absent} allows, whose estimate is the constant"
    _warn(brief, too_briefly_seen(tested.predictions))

    parts = parts_of(tested.predictions, known)
    summaries = summarise(parts, settings.resamples, settings.seed)
    with fresh(results) as folder:
        write_results(folder, tested, known, summaries, sequences, clip.length)
        if validated:
            intervals = calibrate(validated, parts, settings.resamples, settings.seed)
            write_conformal(folder / "conformal.csv", intervals, parts)
    write_metrics(metrics, summaries, validated, count_gaps(tested.predictions, tested.missing))


def _warn(what: str, found: Sequence[Label | Prediction]) -> None:
    if found:
        logger.warning("recordings %s: %s", what, ", ".join(item.recording for item in found))


if __name__ == "__main__":
    run_stage(main)
