"""The seam between estimators and the rest: what an estimator is, and what it is given.

An estimator is anything that fits on labelled recordings and estimates a score for a recording. It gets no label file:
fitting shows it the scores of fitted and validated recordings, and prediction shows it recordings without scores.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from pipeline.data.frame_order import RECORDED, FrameOrder
from pipeline.params.estimator import Source
from pipeline.params.network import Clip, Model
from pipeline.params.training import Finetune
from pipeline.records.estimates import KeptEstimates, VideoEstimate
from pipeline.records.scored_recording import ScoredRecording

Arrays = Mapping[str, np.ndarray]


@runtime_checkable
class Features(Protocol):
    """Features of recordings, computed once for each recording."""

    def __call__(
        self,
        kind: str,
        source: Source,
        function: Callable[..., Arrays],
        recordings: Sequence[Path],
        **settings: Any,
    ) -> list[Arrays]:
        """Return `function(folder, **settings)` for each recording.

        Args:
            kind: names the features in the artifact store.
            source: what the function reads: `sequences`, or `aligned` (every native frame, landmarks).
            function: a deterministic function at the top level of a module; its result depends on nothing else.
            recordings: folders whose names are the ids of the recordings.
            settings: JSON values.
        """


@dataclass(frozen=True)
class Split:
    """The recordings of a fit; each has at least one clip that the estimator can use.

    Attributes:
        fitted: to learn from.
        validated: to choose settings or an epoch by; may be empty.
    """

    fitted: tuple[ScoredRecording, ...]
    validated: tuple[ScoredRecording, ...] = ()


@dataclass(frozen=True)
class NetworkContext:
    """What an estimator that builds on the pretrained network may use in addition.

    Attributes:
        model: the section `model` of params.yaml: the network that is pretrained on faces.
        finetune: the section `finetune`: how networks are trained.
        initial_weights: folder of the pretrained weights of that network; None if there are none.
        train: trains a network with the settings of `finetune`, resumably; it takes a
            `pipeline.score_networks.network_task.NetworkTask` and returns a `TrainedNetwork`.
    """

    model: Model
    finetune: Finetune
    initial_weights: Path | None
    train: Callable[[Any], Any]


@dataclass(frozen=True)
class FitContext:
    """What an estimator may use to fit. All of it is part of the key by which a finished fit is found.

    Attributes:
        clip: the section `clip` of params.yaml.
        seed: finetune.seed.
        features: computes features of recordings, or finds them in the artifact store.
        score_range: the lowest and the highest score of the scale. Its bands are not here: what is fitted does not
            depend on them.
        network: for estimators whose settings list `networks`; None for others.
    """

    clip: Clip
    seed: int
    features: Features
    score_range: tuple[int, int]
    network: NetworkContext | None = None


@dataclass(frozen=True)
class PredictContext:
    """What an estimator may use to estimate.

    Attributes:
        absent: clip.absent when it was fitted: how clips treat frames without a face.
        features: see `FitContext`.
        phases: number of phases of the subsampling that are covered and averaged, from the first on.
        device: where networks run.
        order: of the frames in a clip.
        label: of a progress bar; None shows none.
        kept: estimates of recordings from an earlier run; None keeps none.
    """

    absent: str
    features: Features
    phases: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    order: FrameOrder = RECORDED
    label: str | None = None
    kept: KeptEstimates | None = None


@runtime_checkable
class Estimator(Protocol):
    """Fits on labelled recordings and estimates the score of a recording.

    It is created with its settings. It saves arrays and JSON alone, because a pickle can run any code when it is read.
    """

    def __init__(self, settings: Any) -> None:
        """Take the settings, of the estimator's class in `pipeline.params.estimator`; nothing is fitted yet."""

    @classmethod
    def span_length(cls, clip: Clip) -> int:
        """Return the number of consecutive frames with a face that one estimate needs."""

    def fit(self, split: Split, context: FitContext) -> None:
        """Learn from the fitted recordings; deterministic."""

    def predict(self, recordings: Sequence[Path], context: PredictContext) -> list[VideoEstimate]:
        """Estimate each recording, given the folder of its sequence; one that cannot be estimated gets no spans."""

    def save(self, folder: Path) -> None:
        """Write what was fitted to the existing `folder`."""

    @classmethod
    def load(cls, folder: Path, settings: Any) -> "Estimator":
        """Read what `save` wrote.

        Raises:
            ValueError: if it does not fit, naming what is missing, unexpected or misshapen.
        """
