"""Pretrain: learn to recognise faces from single images repeated over time, or adopt weights made elsewhere.

Reads data/identities. Writes models/pretrained (weights.safetensors and description.json; with pretrain.source none the
description alone) and the curves of the training.
"""

from pathlib import Path

from pipeline.params import Params
from pipeline.training.identities import open_identities
from pipeline.training.pretrained import adopt, write_none
from pipeline.training.pretraining import Pretraining
from pipeline.training.runs import deliver, digest, folder_digests, train_once
from pipeline.work.content import file_digest
from pipeline.work.stage import fresh, run_stage


def main(params: Params, identities: Path, pretrained: Path, curves: Path) -> None:
    """Train, adopt or do without weights, as `pretrain.source` says."""
    settings = params.pretrain
    if settings.source != "train":
        with fresh(pretrained) as folder, fresh(curves):
            if settings.source == "none":
                write_none(folder)
            else:
                adopt(Path(settings.source), params.model, folder)
        return
    images = open_identities(identities)
    parts = sorted(identities.iterdir())
    contents = folder_digests(part for part in parts if part.is_dir())
    source = {
        "clip": params.clip.model_dump(exclude={"absent"}),
        "model": params.model.model_dump(),
        "pretrain": settings.model_dump(exclude={"epochs"}),
        "identities": digest([*contents, *(file_digest(part) for part in parts if part.is_file())]),
    }

    def make() -> Pretraining:
        return Pretraining(images, params.clip.length, params.model, settings)

    key = train_once("pretrain", source, settings.epochs, settings.precision, Pretraining, make)
    deliver("pretrain", key, pretrained, curves)


if __name__ == "__main__":
    run_stage(main)
