"""Estimates of recordings in the artifact store: a long evaluation that is stopped goes on where it was."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.data.frame_order import FrameOrder
from pipeline.estimators.features import StoredFeatures
from pipeline.estimators.registry import FittedModel
from pipeline.models.model_folder import estimates_digest
from pipeline.records.estimates import SpanEstimate, VideoEstimate
from pipeline.records.json_file import read_json
from pipeline.runtime.stage_times import note_reuse

FILE = "estimate.json"


@dataclass(frozen=True)
class StoredEstimates:
    """See `pipeline.records.estimates.KeptEstimates`.

    Attributes:
        estimator: its class, whose code is part of the key.
        source: what else determines an estimate beside the recording, as JSON values: the model, the order of frames.
        features: knows the content hashes of recordings.
        store: where the estimates are.
    """

    estimator: type
    source: Mapping[str, Any]
    features: StoredFeatures
    store: ArtifactStore = field(default_factory=lambda: ArtifactStore("features-estimates"))

    @classmethod
    def of_model(
        cls, model: FittedModel, features: StoredFeatures, phases: int, device: torch.device, order: FrameOrder
    ) -> "StoredEstimates":
        """Return the estimates of a model; all that determines one beside the recording is part of its key.

        Args:
            model: with its folder, whose content is part of the key, but for the bands of its scale.
            features: knows the content hashes of recordings.
            phases: number of phases of the subsampling that are averaged.
            device: where the estimates are computed.
            order: of the frames in a clip.
        """
        source = {
            "model": estimates_digest(model.path),
            "phases": phases,
            "device": device.type,
            "order": asdict(order),
        }
        return cls(type(model.estimator), source, features)

    def find(self, recording: Path, method: str) -> VideoEstimate | None:
        """Return the estimate of a recording, unless there is none or it is damaged."""
        key = self._key(recording, method)
        if self.store.find(key) is None or self.store.verify(key) is not None:
            return None
        note_reuse()
        spans = read_json(self.store.item(key) / FILE)["spans"]
        return VideoEstimate(recording.name, tuple(SpanEstimate(**span) for span in spans))

    def keep(self, recording: Path, method: str, estimate: VideoEstimate) -> None:
        """Keep the estimate of a recording."""
        text = json.dumps({"spans": [asdict(span) for span in estimate.spans]}, allow_nan=False)

        def write(folder: Path) -> None:
            (folder / FILE).write_text(text, encoding="utf-8")

        self.store.make(self._key(recording, method), write)

    def _key(self, recording: Path, method: str) -> str:
        (digest,) = self.features.digests([recording])
        source = {**self.source, "name": recording.name, "recording": digest, "method": method}
        return self.store.key(source, self.estimator)
