"""Fine-tuning: regression of the BDI-II score from clips at random places of random recordings."""

import copy
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Adam, Optimizer

from pipeline.data.augmentation import augment_clips
from pipeline.data.clips.face_sequence import open_sequence
from pipeline.data.clips.input_spec import input_spec_of
from pipeline.data.seeding import Purpose, torch_seed
from pipeline.estimators.ema import update_average
from pipeline.estimators.predict import predict
from pipeline.estimators.scored_clips import ScoredClips
from pipeline.models.description import Description, Target
from pipeline.models.normalise import Normalise
from pipeline.models.weights import WEIGHTS, load_backbone
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Regression
from pipeline.params import Clip, Finetune, Model
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.distributed import all_gather_objects, rank, world_size
from pipeline.training.module import Batch, TrainingModule


class Finetuning(TrainingModule):
    """MSN learning to estimate scores with Adam; the learning rate decays with every step.

    With `averaging` a, what is measured and kept is the moving average of the weights and of batch norm's statistics,
    w <- a w + (1 - a) (the network's), after every step, from the first step's on (Polyak and Juditsky, 1992, in its
    exponential form): single steps of small batches are noisy, and their noise is no knowledge of faces.
    With recordings to validate, they are scored after every epoch, and the weights of the best epoch are kept.
    """

    def __init__(
        self,
        fitted: Sequence[tuple[Path, float]],
        validated: Sequence[tuple[Path, float]],
        pretrained: Path | None,
        clip: Clip,
        model: Model,
        settings: Finetune,
    ) -> None:
        """Build the network and open the recordings.

        Args:
            fitted: (folder of the sequence, score) of what is learned from.
            validated: the same of what is measured.
            pretrained: a folder with weights whose backbone is loaded, or None.
            clip: how long clips are, and what they do with frames without a face.
            model: the network.
            settings: the section `finetune` of params.yaml.
        """
        pace = BatchPlan(settings.steps, settings.batch, settings.accumulate, settings.seed)
        target = fit_target([score for _, score in fitted], settings.standardise)
        targets = [(score - target.mean) / target.deviation for _, score in fitted]
        sequences = [open_sequence(folder, clip.absent) for folder, _ in fitted]
        network = build(model, Regression(), torch_seed(settings.seed, Purpose.WEIGHTS))
        if pretrained is not None:
            load_backbone(network, pretrained / WEIGHTS)
        super().__init__(network, ScoredClips(sequences, targets, clip.length, settings.seed, settings.augment), pace)
        # It learns from steps, not from gradients.
        self.averaged = copy.deepcopy(network).requires_grad_(False) if settings.averaging else None
        self.normalise = Normalise(model)
        footage = input_spec_of([folder for folder, _ in (*fitted, *validated)], clip.absent)
        self.description = Description(model, Regression(), clip.length, target, footage=footage)
        self.clip = clip
        self.validated = validated
        self.settings = settings
        self.best: dict[str, Any] = {}  # epoch, rmse and weights of the best epoch so far

    def inputs(self, batch: Batch) -> Float[Tensor, "batch channel time height width"]:
        """The clips, after what is done to them."""
        return self.normalise(augment_clips(batch["clip"], batch["flip"], batch["upside_down"], batch["degrees"]))

    def answers(self, inputs: Float[Tensor, "batch channel time height width"]) -> Float[Tensor, " batch"]:
        """Estimate each clip in units of the target."""
        return self.network(inputs)[:, 0].float()

    def error(self, answers: Float[Tensor, " batch"], batch: Batch) -> Float[Tensor, ""]:
        """1 / (2 N) times the sum of squared errors over N clips."""
        return (answers - batch["target"]).square().mean() / 2

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """All but the degrees, which the host reads: it would wait for all that the device has to do before."""
        moved = super().transfer_batch_to_device(
            {name: tensor for name, tensor in batch.items() if name != "degrees"}, device, dataloader_idx
        )
        return {**moved, "degrees": batch["degrees"]}

    def rate(self, step: int) -> float:
        """The rate divided by 1 + decay x step, as in the authors' code."""
        return self.settings.learning_rate / (1 + self.settings.decay * step)

    def configure_optimizers(self) -> Optimizer:
        """Adam with its usual moments."""
        return Adam(self.network.parameters(), self.settings.learning_rate, fused=True)

    def optimizer_step(self, *arguments: Any, **named: Any) -> None:
        """Make a step, and take its weights into the average."""
        super().optimizer_step(*arguments, **named)
        if self.averaged is not None:
            update_average(self.averaged, self.network, self.settings.averaging if self.global_step else 0.0)

    @property
    def estimator(self) -> Network:
        """The network that is measured and kept."""
        return self.network if self.averaged is None else self.averaged

    def measure(self) -> dict[str, float]:
        """RMSE and MAE over the validated videos, in points."""
        if not self.validated:
            return {}
        own = self.validated[rank() :: world_size()]
        folders = [folder for folder, _ in own]
        videos = predict(self.estimator.eval(), self.description, folders, self.clip, 1, self.device)
        pairs = zip(videos, own, strict=True)
        found = all_gather_objects([video.score - score for video, (_, score) in pairs if video.score is not None])
        errors = np.concatenate([np.array(part) for part in found])
        measured = {"validation/rmse": math.sqrt(np.mean(errors**2)), "validation/mae": float(np.abs(errors).mean())}
        if measured["validation/rmse"] < self.best.get("rmse", math.inf):
            weights = {name: tensor.detach().cpu().clone() for name, tensor in self.estimator.state_dict().items()}
            self.best = {"epoch": self.current_epoch + 1, "rmse": measured["validation/rmse"], "weights": weights}
        return measured

    @property
    def kept(self) -> dict[str, Tensor]:
        """The weights of the best epoch where there is validation, else the last ones."""
        return self.best["weights"] if self.best else self.estimator.state_dict()

    @property
    def outcome(self) -> dict[str, Any]:
        """The epoch that was kept, and its RMSE, where there is validation."""
        return {"best": {name: self.best[name] for name in ("epoch", "rmse")}} if self.best else {}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the best epoch with all else."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["best"] = self.best

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the best epoch up again."""
        super().on_load_checkpoint(checkpoint)
        self.best = checkpoint["best"]


def fit_target(scores: Sequence[float], standardise: bool) -> Target:
    """What outputs of 0 and 1 mean: the mean of the fitted scores and their standard deviation, or 0 and 1 point.

    Equal scores have no deviation to divide by: then it is 1 point.
    """
    if not standardise:
        return Target(0.0, 1.0)
    return Target(float(np.mean(scores)), float(np.std(scores)) or 1.0)
