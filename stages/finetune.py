"""Finetune: fit the chosen estimator to the scores; networks start from the pretrained weights if there are some.

Reads the choice of stage estimator, data/sequences (and data/aligned if estimator.source says so), the labels for
fitting (never those for testing), the origin of the corpus and models/pretrained. Writes models/finetuned
(weights.safetensors and description.json) and, for a network, its learning curves.
"""

from pathlib import Path

from pipeline.data.split import split_labels
from pipeline.estimators.choice import read_choice
from pipeline.estimators.features import source_folders
from pipeline.estimators.registry import chosen_module
from pipeline.finetuning.fit_estimator import fit_of
from pipeline.models.model_folder import SCALE
from pipeline.params.whole import Params
from pipeline.records.labels import read_labels
from pipeline.records.origin_file import read_origin
from pipeline.runtime.stage import run_stage
from pipeline.severity.scale import scale_of
from pipeline.training.cached_training import fit_cached, publish
from pipeline.training.launcher import exec_launcher


def main(
    params: Params,
    chosen: Path,
    sequences: Path,
    aligned: Path,
    labels_fitting: Path,
    origin: Path,
    pretrained: Path,
    finetuned: Path,
    curves: Path,
) -> None:
    """Fit the recordings that `finetune.validation` leaves to fit."""
    settings, scale = params.finetune, scale_of(params.corpus.scale)
    name, own_settings = read_choice(chosen)
    split = split_labels(read_labels(labels_fitting), settings.validation, settings.held_out, settings.seed)
    folders = source_folders(params.estimator.source, sequences, aligned)
    fit = fit_of(name, own_settings, split, folders, pretrained, params, scale, read_origin(origin))
    key = fit_cached(fit, curves)
    publish("finetune", key, finetuned, curves, {SCALE: scale.to_json()})


if __name__ == "__main__":
    run_stage(main, launch=exec_launcher, imported_by_name=chosen_module)
