"""Training through the store of finished work: found where it was done before, gone on with where it was begun."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.nets.recompute import recompute
from pipeline.nets.weights import save_weights
from pipeline.params import Precision
from pipeline.training.curves import SUMMARY
from pipeline.training.fit import CURVES, fit
from pipeline.training.record import describe
from pipeline.training.stopping import naming_the_memory
from pipeline.training.task import Task
from pipeline.work.code import code_hash
from pipeline.work.content import folder_digest
from pipeline.work.device import device, switched_on
from pipeline.work.finished import FinishedWork
from pipeline.work.stage import fresh
from pipeline.work.workers import worker_count

logger = logging.getLogger(__name__)

MODEL = "model"
MOST_READERS = 4  # processes that read samples for a GPU: reading is a copy from mapped memory


def train_once(
    kind: str,
    source: Mapping[str, Any],
    epochs: int,
    precision: Precision,
    task: type[Task],
    make: Callable[[], Task],
) -> str:
    """Train what `make` makes, unless the store has its weights; return their key.

    Progress is kept under all that shapes the weights but the number of epochs, so more epochs go on from fewer.

    Args:
        kind: of item in the store: pretrain or finetune.
        source: parameters (epochs left out) and content hashes that shape the weights, as JSON values.
        epochs: how many to train.
        precision: of the forward pass and its gradients.
        task: the class of what `make` makes, whose code is part of the key.
        make: builds the task with its first weights.

    Raises:
        ValueError: where the task cannot be trained as told.
    """
    store = FinishedWork(kind)
    shaped_by = {**source, "code": [code_hash(function.__module__) for function in (fit, describe)]}
    progress = store.key(shaped_by, task)
    key = store.key({**shaped_by, "epochs": epochs}, task)

    def maker(folder: Path) -> None:
        with store.scratch(progress) as scratch:
            place = device()
            trained = make()
            trained.workers = 0 if place.type == "cpu" else min(worker_count(), MOST_READERS)
            if switched_on("MSN_CHECKPOINTING"):
                recompute(trained.network)
            with naming_the_memory(kind, trained.pace):
                fit(trained, epochs, precision, scratch, place)
            metrics = json.loads((scratch / CURVES / SUMMARY).read_text(encoding="utf-8"))
            (folder / MODEL).mkdir()
            save_weights(folder / MODEL, trained.kept, describe(trained, source, epochs, metrics))
            shutil.copytree(scratch / CURVES, folder / CURVES)

    if store.find(key):
        logger.info("%s: these weights were trained before", kind)
    store.make(key, maker)
    return key


def deliver(kind: str, key: str, model: Path, curves: Path) -> None:
    """Put the weights and the curves of a finished training where a stage's outputs belong."""
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
