"""The fit of an estimator: its recordings, what determines the result, and the training engine that it is given."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.artifacts.hashing import json_digest
from pipeline.data.clips.geometry import input_spec_of
from pipeline.data.split import Split as LabelSplit
from pipeline.data.usable_recordings import usable_recordings
from pipeline.estimators.features import StoredFeatures
from pipeline.estimators.protocol import FitContext, NetworkContext, Split
from pipeline.estimators.registry import estimator_class, module_name
from pipeline.finetuning.finetuning import Finetuning
from pipeline.models.files import WEIGHTS, add_to_description
from pipeline.models.model_folder import ModelFolder
from pipeline.params.estimator import EstimatorSettings, Source
from pipeline.params.whole import Params
from pipeline.records.labels import permutation_of
from pipeline.records.origin import Origin, origin_to_json
from pipeline.records.scored_recording import ScoredRecording
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.output_checksums import item_folders
from pipeline.score_networks.network_task import NetworkTask, TrainedNetwork
from pipeline.severity.scale import SeverityScale
from pipeline.training.cached_training import Fit, Save, Trainer
from pipeline.training.initial_weights import find_initial_weights
from pipeline.training.train import train


def fit_of(
    name: str,
    settings: EstimatorSettings,
    labels: LabelSplit,
    folders: Mapping[Source, Path],
    pretrained: Path,
    params: Params,
    scale: SeverityScale,
    origin: Origin | None = None,
) -> Fit:
    """Return the fit of an estimator.

    An estimator that builds on a network depends on the sections `clip`, `model` and `finetune` and on the pretrained
    weights; any other one on its own settings, `clip` and `finetune.seed` alone, beside the recordings. The bands of
    the scale change nothing that is fitted, so they are not part of what determines the result.

    Args:
        name: of the estimator.
        settings: of the estimator.
        labels: of the fitted and the validated recordings.
        folders: the folder of all recordings, by source.
        pretrained: the model folder that stage pretrain wrote.
        params: of which only the sections `clip`, `model` and `finetune` are read.
        scale: of the scores.
        origin: of the corpus; None if it is a recorded one.

    Raises:
        DamagedError: if a recording is lost or damaged.
        ValueError: if no recording can be used, or the pretrained weights are of another network.
    """
    estimator = estimator_class(name)(settings)
    length, absent = estimator.span_length(params.clip), params.clip.absent
    features = StoredFeatures(folders)
    listed = {label.recording for label in (*labels.fitted, *labels.validated)}
    for folder in folders.values():  # before anything is read from it
        features.digests([recording for recording in item_folders(folder) if recording.name in listed])
    parts = {
        "fitted": usable_recordings(labels.fitted, folders["sequences"], length, absent),
        "validated": usable_recordings(labels.validated, folders["sequences"], length, absent),
    }
    builds_on_network = bool(settings.networks)
    initial_weights = find_initial_weights(pretrained, params.model) if builds_on_network else None
    model_folder = ModelFolder(
        name,
        settings.model_dump(mode="json"),
        length,
        input_spec_of([recording.folder for part in parts.values() for recording in part], absent, params.clip.order),
        permuted=permutation_of([*labels.fitted, *labels.validated]),
        scale=scale,
        origin=origin,
    )

    def source() -> dict[str, Any]:
        values: dict[str, Any] = {
            "estimator": name,
            "settings": model_folder.settings,
            "clip": params.clip.model_dump(),
            "permuted": model_folder.permuted,
            "score_range": scale.score_range,
            "origin": origin_to_json(origin),
        }
        values |= {part: _fingerprint(recordings, features) for part, recordings in parts.items()}
        if builds_on_network:
            values["model"] = params.model.model_dump()
            values["pretrained"] = file_digest(initial_weights / WEIGHTS) if initial_weights else "none"
        else:
            values["seed"] = params.finetune.seed
        return values

    def fit(trainer: Trainer) -> Save:
        def train_network(task: NetworkTask) -> TrainedNetwork:
            trained = trainer(lambda: Finetuning(task, params.finetune))
            return TrainedNetwork(trained.module.final_weights, trained.facts)

        split = Split(tuple(parts["fitted"]), tuple(parts["validated"]))
        network = NetworkContext(params.model, params.finetune, initial_weights, train_network)
        given = network if builds_on_network else None
        estimator.fit(split, FitContext(params.clip, params.finetune.seed, features, scale.score_range, given))

        def save(folder: Path) -> None:
            estimator.save(folder)
            add_to_description(folder, model_folder.to_json())

        return save

    modules: tuple[str, ...] = (
        module_name(name),
        StoredFeatures.__module__,
        ModelFolder.__module__,
        input_spec_of.__module__,
    )
    if builds_on_network:
        modules += (Finetuning.__module__, train.__module__)
    return Fit("finetune", params.finetune, modules, source, fit, builds_on_network)


def _fingerprint(recordings: Sequence[ScoredRecording], features: StoredFeatures) -> dict[str, Any]:
    """Return the number of recordings, and the hash of their names, scores and content in all sources."""
    contents = [
        features.digests([folder / recording.folder.name for recording in recordings])
        for folder in features.folders.values()
    ]
    rows = [
        [recording.folder.name, recording.subject, recording.score, *digests]
        for recording, *digests in zip(recordings, *contents, strict=True)
    ]
    return {"recordings": len(recordings), "sha256": json_digest(rows)}
