"""Fine-tuning: regression of the score from clips at random positions of random recordings."""

import copy
import math
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor
from torch.optim import Adam, Optimizer

from pipeline.data.augmentation import augment_clips
from pipeline.data.clips.face_sequence import open_sequence
from pipeline.finetuning.ema import update_average
from pipeline.finetuning.scored_clips import ScoredClips
from pipeline.models.normalise import Normalise
from pipeline.nets.build import Network
from pipeline.params.training import Finetune
from pipeline.score_networks.network_task import NetworkTask
from pipeline.score_networks.objectives import objective_of
from pipeline.score_networks.predict import predict
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.distributed import all_gather_objects, rank, world_size
from pipeline.training.loader import Batch
from pipeline.training.module import TrainingModule


class Finetuning(TrainingModule):
    """A network that learns to estimate scores with Adam; the learning rate decays with every step.

    With `averaging` a, the moving average of the weights and of batch norm's statistics is validated and saved:
    w <- a w + (1 - a) (the network's), after every step, starting with the first step's (Polyak and Juditsky, 1992, in
    its exponential form). Single steps of small batches are noisy, and their noise is not knowledge about faces.
    If recordings are validated, this happens after every epoch, and the weights of the best epoch are saved.
    """

    def __init__(self, task: NetworkTask, settings: Finetune) -> None:
        """Open the recordings.

        Args:
            task: the network with its initial weights, and what it learns from.
            settings: the section `finetune` of params.yaml.
        """
        plan = BatchPlan(settings.steps, settings.batch, settings.accumulate, settings.seed)
        objective = objective_of(task.description)
        targets = objective.targets([score for _, score in task.fitted])
        sequences = [open_sequence(folder, task.absent) for folder, _ in task.fitted]
        samples = ScoredClips(sequences, targets, task.length, settings.seed, settings.augment, task.order)
        super().__init__(task.network, samples, plan)
        self.averaged = copy.deepcopy(task.network).requires_grad_(False) if settings.averaging else None
        self.normalise = Normalise(task.description.model)
        self.objective = objective
        self.description = task.description
        self.task = task
        self.settings = settings
        self.best: dict[str, Any] = {}  # epoch, rmse and weights of the best epoch so far

    def prepare(self, batch: Batch) -> Float[Tensor, "batch channel time height width"]:
        """Normalise and augment the clips."""
        clips = self.normalise(batch["clip"]).permute(0, 2, 3, 4, 1)  # in the order of the disk
        fill = self.settings.augment.fill
        augmented = augment_clips(clips, batch["flip"], batch["upside_down"], batch["degrees"], fill)
        return augmented.permute(0, 4, 1, 2, 3)

    def outputs(self, inputs: Float[Tensor, "batch channel time height width"]) -> Float[Tensor, "batch outputs"]:
        """Run the network on each clip."""
        return self.network(inputs).float()

    def criterion(self, outputs: Float[Tensor, "batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """The loss of the objective."""
        return self.objective.loss(outputs, batch["target"])

    def to_device(self, batch: Batch) -> Batch:
        """Copy all but the degrees: the host reads them, and would wait for the device to finish its queue."""
        moved = super().to_device({name: tensor for name, tensor in batch.items() if name != "degrees"})
        return {**moved, "degrees": batch["degrees"]}

    def learning_rate(self, step: int) -> float:
        """The initial rate divided by 1 + decay x step, as in the authors' code."""
        return self.settings.learning_rate / (1 + self.settings.decay * step)

    def configure_optimizer(self) -> Optimizer:
        """Adam with its default moments."""
        return Adam(self.network.parameters(), self.settings.learning_rate, fused=True)

    def after_step(self) -> None:
        """Take the weights of the step into the moving average; the first step's are copied."""
        if self.averaged is not None:
            update_average(self.averaged, self.network, self.settings.averaging if self.global_step else 0.0)

    @property
    def estimator(self) -> Network:
        """The network that is validated and saved."""
        return self.network if self.averaged is None else self.averaged

    def validate(self) -> dict[str, float]:
        """RMSE and MAE over the validated recordings, in points; keep the weights of the best epoch."""
        if not self.task.validated:
            return {}
        own = self.task.validated[rank() :: world_size()]
        folders = [folder for folder, _ in own]
        network, task = self.estimator.eval(), self.task
        estimates = predict(network, self.description, folders, task.absent, 1, self.device, order=task.order)
        pairs = zip(estimates, own, strict=True)
        own_errors = [estimate.score - score for estimate, (_, score) in pairs if estimate.score is not None]
        errors = np.concatenate([np.array(part) for part in all_gather_objects(own_errors)])
        rmse = math.sqrt(np.mean(errors**2))
        if rmse < self.best.get("rmse", math.inf):
            weights = {name: tensor.detach().cpu().clone() for name, tensor in self.estimator.state_dict().items()}
            self.best = {"epoch": self.current_epoch + 1, "rmse": rmse, "weights": weights}
        return {"validation/rmse": rmse, "validation/mae": float(np.abs(errors).mean())}

    @property
    def final_weights(self) -> dict[str, Tensor]:
        """The weights of the best epoch if recordings are validated, else the last ones."""
        return self.best["weights"] if self.best else self.estimator.state_dict()

    @property
    def summary(self) -> dict[str, Any]:
        """The epoch whose weights are saved and its RMSE, if recordings are validated."""
        return {"best": {name: self.best[name] for name in ("epoch", "rmse")}} if self.best else {}

    def progress_state(self) -> dict[str, Any]:
        """The best epoch so far."""
        return {"best": self.best}

    def load_progress_state(self, state: dict[str, Any]) -> None:
        """Restore the best epoch so far."""
        self.best = state["best"]
