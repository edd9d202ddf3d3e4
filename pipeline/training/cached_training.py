"""Training through the store of finished work: found where it was done before, gone on with where it was begun."""

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
from pipeline.training.checkpoint import epochs_begun
from pipeline.training.curves import SUMMARY, published_curves
from pipeline.training.distributed import broadcast, process_group, rank, world_size
from pipeline.training.loop import CHECKPOINT, CURVES
from pipeline.training.provenance import describe_training
from pipeline.training.train import TrainingJob, train

logger = logging.getLogger(__name__)

MODEL = "model"


def train_cached(training: TrainingJob, curves: Path) -> str | None:
    """Train, unless the store has the weights; return their key.

    Progress is kept under all that shapes the weights but the number of epochs, so more epochs go on from fewer; fewer
    than were begun leave it alone, and make their own. Both stay until they are pruned. Of processes that train
    together the first one alone looks into the store and writes; the others are given None.

    Args:
        training: what to train.
        curves: where they are shown while it trains.

    Raises:
        ValueError: where it cannot be trained as told.
    """
    with process_group():
        if rank():
            while folder := broadcast(cast(Path | None, None), patiently=True):
                train(training, folder)
            return None
        key = _kept(training, curves)
        broadcast(None, patiently=True)
        return key


def _kept(training: TrainingJob, curves: Path) -> str:
    """The key of the finished training, which is found in the store or made there."""
    store, settings = ArtifactStore(training.kind), training.settings
    source = {**training.source(), training.kind: settings.model_dump(exclude={"epochs"})}
    code = [code_hash(function.__module__) for function in (train, describe_training)]
    many = {"processes": world_size()} if settings.sync_batch_norm else {}
    progress = store.key({**source, **many, "code": code}, training.task)
    key = store.key({**source, **many, "code": code, "epochs": settings.epochs}, training.task)

    def maker(folder: Path) -> None:
        with _progress(store, progress, key, settings.epochs) as scratch, published_curves(curves):
            task = train(training, broadcast(scratch, patiently=True), curves)
            metrics = json.loads((scratch / CURVES / SUMMARY).read_text(encoding="utf-8"))
            (folder / MODEL).mkdir()
            save_weights(folder / MODEL, task.kept, describe_training(task, source, settings.epochs, metrics))
            shutil.copytree(scratch / CURVES, folder / CURVES)

    if store.find(key):
        logger.info("%s: these weights were trained before", training.kind)
    store.make(key, maker)
    return key


@contextmanager
def _progress(store: ArtifactStore, shared: str, own: str, epochs: int) -> Iterator[Path]:
    """Hold the folder that all numbers of epochs go on in; where it holds more than `epochs`, one of its own."""
    with store.scratch(shared) as folder:
        begun = epochs_begun(folder / CHECKPOINT)
        if begun <= epochs:
            yield folder
            return
    logger.info("%s: epoch %d was begun before; training to epoch %d is done beside that", store.kind, begun, epochs)
    with store.scratch(own) as folder:
        yield folder


def publish(kind: str, key: str | None, model: Path, curves: Path) -> None:
    """Put the weights and the curves of a finished training where a stage's outputs belong; without a key, nothing."""
    if key is None:
        return
    with atomic_folder(model) as folder, atomic_folder(curves) as drawn:
        item = folder.with_name(f"{model.name}.item")
        shutil.rmtree(item, ignore_errors=True)
        ArtifactStore(kind).link(key, item)
        for part, place in ((MODEL, folder), (CURVES, drawn)):
            place.rmdir()
            os.rename(item / part, place)
        item.rmdir()
