"""Training through the store of finished work: found where it was done before, gone on with where it was begun."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from pipeline.nets.weights import save_weights
from pipeline.training.checkpoint import epochs_begun
from pipeline.training.curves import SUMMARY, showing
from pipeline.training.fit import CHECKPOINT, CURVES
from pipeline.training.ranks import first_says, rank, together, world
from pipeline.training.record import describe
from pipeline.training.train import Training, train
from pipeline.work.code import code_hash
from pipeline.work.content import folder_digest
from pipeline.work.finished import FinishedWork
from pipeline.work.stage import fresh
from pipeline.work.workers import worker_count

logger = logging.getLogger(__name__)

MODEL = "model"


def train_once(training: Training, curves: Path) -> str | None:
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
    with together():
        if rank():
            while folder := first_says(cast(Path | None, None), patiently=True):
                train(training, folder)
            return None
        key = _kept(training, curves)
        first_says(None, patiently=True)
        return key


def _kept(training: Training, curves: Path) -> str:
    """The key of the finished training, which is found in the store or made there."""
    store, settings = FinishedWork(training.kind), training.settings
    source = {**training.source(), training.kind: settings.model_dump(exclude={"epochs"})}
    code = [code_hash(function.__module__) for function in (train, describe)]
    many = {"processes": world()} if settings.sync_batch_norm else {}
    progress = store.key({**source, **many, "code": code}, training.task)
    key = store.key({**source, **many, "code": code, "epochs": settings.epochs}, training.task)

    def maker(folder: Path) -> None:
        with _progress(store, progress, key, settings.epochs) as scratch, showing(curves):
            task = train(training, first_says(scratch, patiently=True), curves)
            metrics = json.loads((scratch / CURVES / SUMMARY).read_text(encoding="utf-8"))
            (folder / MODEL).mkdir()
            save_weights(folder / MODEL, task.kept, describe(task, source, settings.epochs, metrics))
            shutil.copytree(scratch / CURVES, folder / CURVES)

    if store.find(key):
        logger.info("%s: these weights were trained before", training.kind)
    store.make(key, maker)
    return key


@contextmanager
def _progress(store: FinishedWork, shared: str, own: str, epochs: int) -> Iterator[Path]:
    """Hold the folder that all numbers of epochs go on in; where it holds more than `epochs`, one of its own."""
    with store.scratch(shared) as folder:
        begun = epochs_begun(folder / CHECKPOINT)
        if begun <= epochs:
            yield folder
            return
    logger.info("%s: epoch %d was begun before; training to epoch %d is done beside that", store.kind, begun, epochs)
    with store.scratch(own) as folder:
        yield folder


def deliver(kind: str, key: str | None, model: Path, curves: Path) -> None:
    """Put the weights and the curves of a finished training where a stage's outputs belong; without a key, nothing."""
    if key is None:
        return
    with fresh(model) as folder, fresh(curves) as drawn:
        item = folder.with_name(f"{model.name}.item")
        shutil.rmtree(item, ignore_errors=True)
        FinishedWork(kind).deliver(key, item)
        for part, place in ((MODEL, folder), (CURVES, drawn)):
            place.rmdir()
            os.rename(item / part, place)
        item.rmdir()


def digest(values: Any) -> str:
    """SHA-256 of JSON values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def folder_digests(folders: Iterable[Path]) -> list[str]:
    """The content hash of each folder, several at a time."""
    with ThreadPoolExecutor(worker_count()) as pool:
        return list(pool.map(folder_digest, folders))
