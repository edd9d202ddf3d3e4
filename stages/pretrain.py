"""Pretrain: learn to recognise faces from single images, or adopt weights from elsewhere.

A network of clips sees each image repeated over time, a network of single frames sees it once.

Reads data/identities. Writes models/pretrained (weights.safetensors and description.json; with pretrain.source none the
description alone) and the learning curves.
"""

from pathlib import Path
from typing import Any

from pipeline.artifacts.hashing import verified_output_digest
from pipeline.data.identity_images import open_identities
from pipeline.nets.build import frames_seen
from pipeline.params.whole import Params
from pipeline.pretraining.recognition import Pretraining
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.training.cached_training import TrainingJob, publish, train_cached
from pipeline.training.curves import write_summary
from pipeline.training.initial_weights import adopt_weights, write_no_weights
from pipeline.training.launcher import exec_launcher, is_first_process


def main(params: Params, identities: Path, pretrained: Path, curves: Path) -> None:
    """Train, adopt weights or write none, as `pretrain.source` says."""
    settings = params.pretrain
    if settings.source != "train":
        if not is_first_process():
            return
        with atomic_folder(pretrained) as folder, atomic_folder(curves) as curves_folder:
            write_summary(curves_folder)
            if settings.source == "none":
                write_no_weights(folder)
            else:
                adopt_weights(Path(settings.source), params.model, folder)
        return
    digest = verified_output_digest(identities) if is_first_process() else ""
    images, frames = open_identities(identities), frames_seen(params.model, params.clip.length)

    def source() -> dict[str, Any]:
        return {
            "clip": {"length": frames},
            "model": params.model.model_dump(),
            "identities": digest,
        }

    def make_module() -> Pretraining:
        return Pretraining(images, frames, params.model, settings)

    key = train_cached(TrainingJob("pretrain", settings, Pretraining, make_module, source), curves)
    publish("pretrain", key, pretrained, curves)


if __name__ == "__main__":
    run_stage(main, launch=exec_launcher)
