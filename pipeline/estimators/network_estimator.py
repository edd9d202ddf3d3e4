"""The base of estimators that are one network on the backbone that is pretrained on faces."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from pipeline.data.frame_order import FrameOrder
from pipeline.data.seeding import Purpose, torch_seed
from pipeline.estimators.protocol import FitContext, PredictContext, Split
from pipeline.models.description import Description, Target
from pipeline.models.files import WEIGHTS
from pipeline.models.weights import load_backbone, load_network, save_weights
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Head, Regression
from pipeline.params.estimator import EstimatorSettings
from pipeline.params.network import Clip, Model
from pipeline.params.training import Finetune
from pipeline.records.estimates import VideoEstimate
from pipeline.score_networks.network_task import NetworkTask
from pipeline.score_networks.objectives import fit_target
from pipeline.score_networks.predict import predict
from pipeline.score_networks.scorer import Scorer


class NetworkEstimator:
    """A network that estimates the score of each clip of a recording; the recording's is their mean.

    Subclasses say which head it has, and how long its clips are.

    Attributes:
        head_type: the kind of its head.
    """

    head_type: ClassVar[type[Head]]

    def __init__(self, settings: EstimatorSettings) -> None:
        """Take the settings; nothing is fitted yet."""
        self.settings = settings
        self.network: Network | None = None
        self.description: Description | None = None

    @classmethod
    def head(cls, score_range: tuple[int, int]) -> Head:
        """Return the head, for scores from the lowest to the highest."""
        raise NotImplementedError

    @classmethod
    def span_length(cls, clip: Clip) -> int:
        """Return the number of frames of a clip of the network."""
        raise NotImplementedError

    @classmethod
    def architecture(cls, model: Model, clip: Clip, score_range: tuple[int, int]) -> tuple[Network, int]:
        """Return the network, with arbitrary weights, and the number of frames of its clips."""
        return build(model, cls.head(score_range)), cls.span_length(clip)

    def fit(self, split: Split, context: FitContext) -> None:
        """Fine-tune the network, from the pretrained weights if there are some."""
        fitted, validated = (
            [(recording.folder, recording.score) for recording in part] for part in (split.fitted, split.validated)
        )
        given = context.network
        if given is None:
            raise ValueError("the settings of this estimator list no networks, so it gets none; list them")
        head = self.head(context.score_range)
        network = build(given.model, head, torch_seed(context.seed, Purpose.WEIGHTS))
        if given.initial_weights is not None:
            load_backbone(network, given.initial_weights / WEIGHTS)
        target = self._target([score for _, score in fitted], given.finetune)
        description = Description(given.model, head, self.span_length(context.clip), target)
        order = FrameOrder(context.clip.order, context.seed)
        trained = given.train(NetworkTask(network, description, fitted, validated, context.clip.absent, order))
        network.load_state_dict(dict(trained.weights))
        self.network, self.description = network.eval(), replace(description, history=trained.facts)

    def _target(self, scores: Sequence[float], settings: Finetune) -> Target | None:
        """Return the unit of a regression head's output; other heads have none."""
        return fit_target(scores, settings.standardise) if self.head_type is Regression else None

    def predict(self, recordings: Sequence[Path], context: PredictContext) -> list[VideoEstimate]:
        """Estimate each recording by the weighted mean over the clips that cover it."""
        network, description = self._fitted()
        network.to(context.device)
        return predict(
            network,
            description,
            recordings,
            context.absent,
            context.phases,
            context.device,
            context.label,
            context.order,
            context.kept,
        )

    def save(self, folder: Path) -> None:
        """Write the weights and their description."""
        network, description = self._fitted()
        save_weights(folder, network.state_dict(), description)

    @classmethod
    def load(cls, folder: Path, settings: EstimatorSettings) -> "NetworkEstimator":
        """Read the weights and their description.

        Raises:
            WeightsError: if they are not those of the network, or the head is not this estimator's.
        """
        estimator = cls(settings)
        estimator.network, estimator.description = load_network(folder, cls.head_type)
        return estimator

    def scorer(self) -> Scorer:
        """Return the fitted network as a module from stored faces to points, in evaluation mode."""
        return Scorer(*self._fitted()).eval()

    def _fitted(self) -> tuple[Network, Description]:
        if self.network is None or self.description is None:
            raise ValueError("the estimator is not fitted; call fit or load first")
        return self.network, self.description
