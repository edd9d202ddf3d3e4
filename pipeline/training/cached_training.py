"""Fits in the artifact store: a finished one is reused, and the training in an interrupted one is resumed."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.artifacts.hashing import json_digest
from pipeline.models.files import add_to_description
from pipeline.models.weights import save_weights
from pipeline.params.training import Finetune, Pretrain
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.project_code import code_hash
from pipeline.runtime.stage_times import note_reuse
from pipeline.training.checkpoint import epochs_started, set_damaged_aside
from pipeline.training.checkpoint_file import CHECKPOINT
from pipeline.training.curves import SUMMARY, published_curves, write_summary
from pipeline.training.distributed import broadcast, process_group, rank, world_size
from pipeline.training.loop import CURVES
from pipeline.training.module import TrainingModule
from pipeline.training.provenance import describe_fit
from pipeline.training.train import MakeModule, train

logger = logging.getLogger(__name__)

MODEL = "model"

Save = Callable[[Path], None]  # writes what was fitted to an existing folder


@dataclass(frozen=True)
class TrainedModule:
    """A module after its training.

    Attributes:
        module: on the CPU.
        facts: about its weights, as JSON values: the last row of each learning curve, the epoch that was kept.
    """

    module: TrainingModule
    facts: Mapping[str, Any]


Trainer = Callable[[MakeModule], TrainedModule]  # trains the module that a function creates, resumably


@dataclass(frozen=True)
class Fit:
    """Something to fit, whose result the artifact store keeps.

    Attributes:
        kind: of item in the artifact store: pretrain or finetune.
        settings: the section `kind` of params.yaml.
        modules: names of the modules that fit; the code that they reach is part of the item's key.
        source: returns what else determines the result, as JSON values: parameters and content hashes.
        fit: fits, given a function that trains networks; returns the function that saves the result.
        trains_networks: whether the result depends on `settings`.
    """

    kind: str
    settings: Pretrain | Finetune
    modules: tuple[str, ...]
    source: Callable[[], Mapping[str, Any]]
    fit: Callable[[Trainer], Save]
    trains_networks: bool = True


@dataclass(frozen=True)
class TrainingJob:
    """A fit that is the training of one module.

    Attributes:
        kind: see `Fit`.
        settings: see `Fit`.
        module_type: the class of the modules that `make_module` creates; its code is part of the item's key.
        make_module: creates the module with its initial weights.
        source: see `Fit`.
    """

    kind: str
    settings: Pretrain | Finetune
    module_type: type[TrainingModule]
    make_module: MakeModule
    source: Callable[[], Mapping[str, Any]]


def train_cached(job: TrainingJob, curves: Path) -> str | None:
    """Train a module, unless the artifact store has its weights; see `fit_cached`."""

    def fit(trainer: Trainer) -> Save:
        module = trainer(job.make_module).module
        return lambda folder: save_weights(folder, module.final_weights, module.description)

    modules = (job.module_type.__module__, train.__module__)
    return fit_cached(Fit(job.kind, job.settings, modules, job.source, fit), curves)


def fit_cached(fit: Fit, curves: Path) -> str | None:
    """Fit, unless the artifact store has the result; return its key.

    The key of a training's progress holds everything that determines the weights except the number of epochs, so a
    training of more epochs continues one of fewer. A training of fewer epochs than were started leaves that progress
    unchanged and keeps its own. Progress stays until it is pruned. If several processes train together, the first one
    reads and writes the store, and the others return None.

    Args:
        fit: what to fit.
        curves: the folder in which the learning curves are published while a network trains.

    Raises:
        ValueError: if it cannot be fitted with these settings.
    """
    with process_group():
        key = None
        if rank() == 0:
            key = _find_or_fit(fit, curves)
        else:
            _fit_along(fit)
        broadcast(None, long_timeout=True)
        return key


def _fit_along(fit: Fit) -> None:
    """Fit together with the first process, if that fits: it names the folder of each training."""

    def trainer(make_module: MakeModule) -> TrainedModule:
        folder = broadcast(cast(Path, None), long_timeout=True)
        module = train(fit.kind, fit.settings, make_module, folder)
        return TrainedModule(module, broadcast({}, long_timeout=True))

    if broadcast(False, long_timeout=True) and fit.trains_networks:
        fit.fit(trainer)


def _find_or_fit(fit: Fit, curves: Path) -> str:
    """Return the key of the result, after fitting if the store lacks it; in the first process."""
    store, settings = ArtifactStore(fit.kind), fit.settings
    source, epochs, processes = {**fit.source()}, {}, {}
    if fit.trains_networks:
        source[fit.kind] = settings.model_dump(exclude={"epochs"})
        epochs = {"epochs": settings.epochs}
        processes = {"processes": world_size()} if settings.sync_batch_norm else {}
    code = [code_hash(module) for module in fit.modules]
    progress_key = store.key({**source, **processes, "code": code}, describe_fit)
    key = store.key({**source, **processes, "code": code, **epochs}, describe_fit)
    begun, trainings = False, 0

    def make(folder: Path) -> None:
        nonlocal begun
        begun = broadcast(True, long_timeout=True)
        (folder / CURVES).mkdir()
        write_summary(folder / CURVES)
        facts: dict[str, Any] = {}

        def trainer(make_module: MakeModule) -> TrainedModule:
            nonlocal trainings
            trainings += 1
            shared, own = (key if trainings == 1 else json_digest([key, trainings]) for key in (progress_key, key))
            with _hold_progress(store, shared, own, settings.epochs) as progress, published_curves(curves):
                module = train(fit.kind, settings, make_module, broadcast(progress, long_timeout=True), curves)
                shutil.copytree(progress / CURVES, folder / CURVES, dirs_exist_ok=True)
            metrics = json.loads((folder / CURVES / SUMMARY).read_text(encoding="utf-8"))
            own_facts = broadcast({"metrics": metrics, **module.summary}, long_timeout=True)
            facts.update(own_facts)
            return TrainedModule(module, own_facts)

        save = fit.fit(trainer)
        (folder / MODEL).mkdir()
        save(folder / MODEL)
        add_to_description(folder / MODEL, {**describe_fit({**source, **epochs}), **facts})

    if store.find(key):
        logger.info("%s: this was fitted before", fit.kind)
        note_reuse()
    store.make(key, make)
    if not begun:
        broadcast(False, long_timeout=True)
    return key


@contextmanager
def _hold_progress(store: ArtifactStore, shared_key: str, own_key: str, epochs: int) -> Iterator[Path]:
    """Hold the progress that all numbers of epochs share, or progress of its own if more than `epochs` were started."""
    with store.scratch(shared_key) as folder:
        set_damaged_aside(folder / CHECKPOINT)
        started = epochs_started(folder / CHECKPOINT)
        if started:
            note_reuse()
        if started <= epochs:
            yield folder
            return
    logger.info("%s: epoch %d was begun before; training to epoch %d is done beside that", store.kind, started, epochs)
    with store.scratch(own_key) as folder:
        set_damaged_aside(folder / CHECKPOINT)
        yield folder


def publish(kind: str, key: str | None, model: Path, curves: Path, facts: Mapping[str, Any] | None = None) -> None:
    """Link the model and the learning curves of a finished fit into a stage's outputs; without a key, do nothing.

    Args:
        kind: see `Fit`.
        key: of the fit.
        model: the model folder to make.
        curves: the folder of learning curves to make.
        facts: entries of the model's description that may differ between runs that share this fit.
    """
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
        if facts:
            add_to_description(model_folder, facts)
