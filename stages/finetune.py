"""Finetune: learn to estimate the score from clips, starting from the pretrained weights if there are some.

Reads data/sequences, the labels for fitting (never those for testing) and models/pretrained. Writes models/finetuned
(weights.safetensors and description.json) and the learning curves.
"""

from pathlib import Path
from typing import Any

from pipeline.artifacts.hashing import file_digest, folder_digests, json_digest
from pipeline.data.label_permutation import permute_labels
from pipeline.data.split import split_labels
from pipeline.data.usable_recordings import usable_recordings
from pipeline.estimators.finetuning import Finetuning
from pipeline.models.weights import WEIGHTS
from pipeline.params import Params
from pipeline.records.labels import read_labels
from pipeline.runtime.stage import run_stage
from pipeline.training.cached_training import publish, train_cached
from pipeline.training.initial_weights import find_initial_weights
from pipeline.training.launcher import exec_launcher
from pipeline.training.train import TrainingJob


def main(
    params: Params, sequences: Path, labels_fitting: Path, pretrained: Path, finetuned: Path, curves: Path
) -> None:
    """Fit the recordings that `finetune.validation` leaves to fit."""
    settings = params.finetune
    split = split_labels(read_labels(labels_fitting), settings.validation, settings.held_out, settings.seed)
    if settings.labels == "permuted":
        split = permute_labels(split, settings.seed)
    fitted = usable_recordings(split.fitted, sequences, params.clip)
    validated = usable_recordings(split.validated, sequences, params.clip)
    initial_weights = find_initial_weights(pretrained, params.model)

    def source() -> dict[str, Any]:
        values = {
            "clip": params.clip.model_dump(),
            "model": params.model.model_dump(),
            "pretrained": file_digest(initial_weights / WEIGHTS) if initial_weights else "none",
        }
        for name, part in (("fitted", fitted), ("validated", validated)):
            digests = folder_digests(folder for folder, _ in part)
            rows = [[folder.name, score, digest] for (folder, score), digest in zip(part, digests, strict=True)]
            values[name] = {"recordings": len(rows), "sha256": json_digest(rows)}
        return values

    def make_module() -> Finetuning:
        return Finetuning(fitted, validated, initial_weights, params.clip, params.model, settings)

    key = train_cached(TrainingJob("finetune", settings, Finetuning, make_module, source), curves)
    publish("finetune", key, finetuned, curves)


if __name__ == "__main__":
    run_stage(main, launch=exec_launcher)
