"""Pretrain: learn to recognise faces from single images repeated over time, or adopt weights made elsewhere.

Reads data/identities. Writes models/pretrained (weights.safetensors and description.json; with pretrain.source none the
description alone) and the curves of the training.
"""

from pathlib import Path
from typing import Any

from pipeline.params import Params
from pipeline.training.curves import summarise_nothing
from pipeline.training.identities import open_identities
from pipeline.training.pretrained import adopt, write_none
from pipeline.training.pretraining import Pretraining
from pipeline.training.runs import deliver, digest, folder_digests, train_once
from pipeline.training.train import Training
from pipeline.work.content import file_digest
from pipeline.work.launch import is_first
from pipeline.work.stage import fresh, run_stage


def main(params: Params, identities: Path, pretrained: Path, curves: Path) -> None:
    """Train, adopt or do without weights, as `pretrain.source` says."""
    settings = params.pretrain
    if settings.source != "train":
        if not is_first():
            return
        with fresh(pretrained) as folder, fresh(curves) as drawn:
            summarise_nothing(drawn)
            if settings.source == "none":
                write_none(folder)
            else:
                adopt(Path(settings.source), params.model, folder)
        return
    images = open_identities(identities)

    def source() -> dict[str, Any]:
        parts = sorted(identities.iterdir())
        contents = folder_digests(part for part in parts if part.is_dir())
        return {
            "clip": params.clip.model_dump(exclude={"absent"}),
            "model": params.model.model_dump(),
            "identities": digest([*contents, *(file_digest(part) for part in parts if part.is_file())]),
        }

    def make() -> Pretraining:
        return Pretraining(images, params.clip.length, params.model, settings)

    key = train_once(Training("pretrain", settings, Pretraining, make, source), curves)
    deliver("pretrain", key, pretrained, curves)


if __name__ == "__main__":
    run_stage(main, many_processes=True)
