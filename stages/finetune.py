"""Finetune: learn to estimate the score from clips, starting from the pretrained weights where there are some.

Reads data/sequences, the labels for fitting (never those for testing) and models/pretrained. Writes models/finetuned
(weights.safetensors and description.json) and the curves of the training.
"""

from pathlib import Path
from typing import Any

from pipeline.nets.weights import WEIGHTS
from pipeline.params import Params
from pipeline.training.division import divide
from pipeline.training.finetuning import Finetuning
from pipeline.training.permutation import permute
from pipeline.training.pretrained import weights_to_start_from
from pipeline.training.runs import deliver, digest, folder_digests, train_once
from pipeline.training.scored import with_clips
from pipeline.training.train import Training
from pipeline.work.content import file_digest
from pipeline.work.labels import read_labels
from pipeline.work.stage import run_stage


def main(
    params: Params, sequences: Path, labels_fitting: Path, pretrained: Path, finetuned: Path, curves: Path
) -> None:
    """Fit what `finetune.validation` leaves to fit."""
    settings = params.finetune
    division = divide(read_labels(labels_fitting), settings.validation, settings.held_out, settings.seed)
    if settings.labels == "permuted":
        division = permute(division, settings.seed)
    fitted = with_clips(division.fitted, sequences, params.clip)
    validated = with_clips(division.validated, sequences, params.clip)
    start = weights_to_start_from(pretrained, params.model)

    def source() -> dict[str, Any]:
        shaped_by = {
            "clip": params.clip.model_dump(),
            "model": params.model.model_dump(),
            "pretrained": file_digest(start / WEIGHTS) if start else "none",
        }
        for name, part in (("fitted", fitted), ("validated", validated)):
            contents = folder_digests(folder for folder, _ in part)
            rows = [[folder.name, score, content] for (folder, score), content in zip(part, contents, strict=True)]
            shaped_by[name] = {"recordings": len(rows), "sha256": digest(rows)}
        return shaped_by

    def make() -> Finetuning:
        return Finetuning(fitted, validated, start, params.clip, params.model, settings)

    key = train_once(Training("finetune", settings, Finetuning, make, source), curves)
    deliver("finetune", key, finetuned, curves)


if __name__ == "__main__":
    run_stage(main, many_processes=True)
