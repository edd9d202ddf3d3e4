"""Trainings in the artifact store: a finished one is reused, and an interrupted one is resumed."""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.models.weights import save_weights
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.project_code import code_hash
from pipeline.training.checkpoint import epochs_started
from pipeline.training.curves import SUMMARY, published_curves
from pipeline.training.distributed import broadcast, process_group, rank, world_size
from pipeline.training.loop import CHECKPOINT, CURVES
from pipeline.training.provenance import describe_training
from pipeline.training.train import TrainingJob, train

logger = logging.getLogger(__name__)

MODEL = "model"


def train_cached(job: TrainingJob, curves: Path) -> str | None:
    """Train, unless the artifact store has the weights; return their key.

    The key of the progress holds everything that determines the weights except the number of epochs, so a training of
    more epochs continues one of fewer. A training of fewer epochs than were started leaves that progress unchanged and
    keeps its own. Progress stays until it is pruned. If several processes train together, the first one reads and
    writes the store, and the others return None.

    Args:
        job: the training.
        curves: the folder in which the learning curves are published while it trains.

    Raises:
        ValueError: if it cannot be trained with these settings.
    """
    with process_group():
        if rank():
            while folder := broadcast(cast(Path | None, None), long_timeout=True):
                train(job, folder)
            return None
        key = _find_or_train(job, curves)
        broadcast(None, long_timeout=True)
        return key


def _find_or_train(job: TrainingJob, curves: Path) -> str:
    """Return the key of the finished training, after training if the store lacks it; in the first process."""
    store, settings = ArtifactStore(job.kind), job.settings
    source = {**job.source(), job.kind: settings.model_dump(exclude={"epochs"})}
    code = [code_hash(function.__module__) for function in (train, describe_training)]
    processes = {"processes": world_size()} if settings.sync_batch_norm else {}
    progress_key = store.key({**source, **processes, "code": code}, job.module_type)
    key = store.key({**source, **processes, "code": code, "epochs": settings.epochs}, job.module_type)

    def make(folder: Path) -> None:
        with _hold_progress(store, progress_key, key, settings.epochs) as progress, published_curves(curves):
            module = train(job, broadcast(progress, long_timeout=True), curves)
            metrics = json.loads((progress / CURVES / SUMMARY).read_text(encoding="utf-8"))
            (folder / MODEL).mkdir()
            description = describe_training(module, source, settings.epochs, metrics)
            save_weights(folder / MODEL, module.final_weights, description)
            shutil.copytree(progress / CURVES, folder / CURVES)

    if store.find(key):
        logger.info("%s: these weights were trained before", job.kind)
    store.make(key, make)
    return key


@contextmanager
def _hold_progress(store: ArtifactStore, shared_key: str, own_key: str, epochs: int) -> Iterator[Path]:
    """Hold the progress that all numbers of epochs share, or progress of its own if more than `epochs` were started."""
    with store.scratch(shared_key) as folder:
        started = epochs_started(folder / CHECKPOINT)
        if started <= epochs:
            yield folder
            return
    logger.info("%s: epoch %d was begun before; training to epoch %d is done beside that", store.kind, started, epochs)
    with store.scratch(own_key) as folder:
        yield folder


def publish(kind: str, key: str | None, model: Path, curves: Path) -> None:
    """Link the weights and learning curves of a finished training into a stage's outputs; without a key, do nothing."""
    if key is None:
        return
    with atomic_folder(model) as model_folder, atomic_folder(curves) as curves_folder:
        item = model_folder.with_name(f"{model.name}.item")
        shutil.rmtree(item, ignore_errors=True)
        ArtifactStore(kind).link(key, item)
        for name, folder in ((MODEL, model_folder), (CURVES, curves_folder)):
            folder.rmdir()
            os.rename(item / name, folder)
        item.rmdir()
