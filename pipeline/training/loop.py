"""The training loop, from top to bottom: set up, resume, and epochs of steps, validation and a checkpoint."""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies import DDPStrategy
from torch import nn

from pipeline.data.seeding import Purpose, torch_seed
from pipeline.params.training import Precision
from pipeline.training.acceleration import cudnn_settings
from pipeline.training.async_copy import AsyncCopy
from pipeline.training.checkpoint import Checkpointer, steps_done
from pipeline.training.checkpoint_file import CHECKPOINT
from pipeline.training.curves import LearningCurves
from pipeline.training.determinism import deterministic_algorithms
from pipeline.training.distributed import all_gather_scalars, broadcast, rank, world_size
from pipeline.training.errors import DivergedError, StoppedError, TrainingError
from pipeline.training.loader import Batch
from pipeline.training.local_device import cluster_environment, local_processes
from pipeline.training.module import TrainingModule
from pipeline.training.preemption import StopRequest, listen_for_signals
from pipeline.training.running_statistics import RunningStatistics
from pipeline.training.throughput import Throughput

logger = logging.getLogger(__name__)

CURVES = "curves"
ROWS_PER_EPOCH = 20  # of the curve of the training loss


def fit(
    module: TrainingModule,
    epochs: int,
    precision: Precision,
    folder: Path,
    device: torch.device,
    sync_batch_norm: bool = False,
    published: Path | None = None,
) -> None:
    """Train `module` until it has done `epochs` epochs, in one process or in several that share each batch.

    Training resumes from the checkpoint in `folder`, if there is one: of a killed training, or of fewer epochs.

    Args:
        module: with its initial weights; it ends with the trained ones, on the CPU.
        epochs: including those of the checkpoint.
        precision: of the forward pass and its gradients.
        folder: for the checkpoint and the learning curves.
        device: of this process.
        sync_batch_norm: whether batch norm takes its statistics over all processes.
        published: a folder to which the learning curves are copied while they grow.

    Raises:
        TrainingError: if the loss or a weight is not finite, if the device does not support the settings, or if the
            checkpoint is from a later step than the last one.
        StoppedError: if SIGTERM or SIGUSR1 asked training to stop, and the checkpoint holds the last whole step; or if
            the user pressed Ctrl-C, and the last checkpoint stays.
    """
    _check_device(device, precision, sync_batch_norm)
    done, total = broadcast(steps_done(folder / CHECKPOINT) if rank() == 0 else 0), epochs * module.plan.steps
    if done > total:
        raise TrainingError(
            f"{folder / CHECKPOINT} holds step {done}, which is after the last step of {epochs} epochs, {total}"
        )
    if done and rank() == 0:
        logger.info("%d of %d steps were done before", done, total)
    if sync_batch_norm and world_size() > 1:
        nn.SyncBatchNorm.convert_sync_batchnorm(module)
    with (
        deterministic_algorithms(device),
        cudnn_settings(device),
        warnings.catch_warnings(),
        listen_for_signals() as stop_request,
        closing(LearningCurves(folder / CURVES, done, published)) if rank() == 0 else nullcontext() as curves,
    ):
        warnings.filterwarnings("ignore", ".*AccumulateGrad node's stream.*")  # CUDA graphs and DDP synchronise them
        fabric = _make_fabric(device, precision)
        loop = TrainingLoop(module, fabric, folder / CHECKPOINT, stop_request, curves)
        if done:
            loop.resume()
        loop.run(total)
    module.cpu()


class TrainingLoop:
    """One training, as each of its processes runs it."""

    def __init__(
        self,
        module: TrainingModule,
        fabric: Fabric,
        checkpoint: Path,
        stop_request: StopRequest,
        curves: LearningCurves | None,
    ) -> None:
        """Set up the device, the CUDA graphs, the optimiser, the loader and the checkpoint.

        Args:
            module: with its initial weights.
            fabric: of the device, the precision and the processes.
            checkpoint: its file.
            stop_request: what signals asked for.
            curves: the learning curves; None in all but the first process.
        """
        module.to(fabric.device)
        if module.uses_cuda_graphs:
            with fabric.autocast():
                module.capture()
        self.module, self.plan, self.fabric, self.curves = module, module.plan, fabric, curves
        self.wrapped, self.optimizer = fabric.setup(module, module.configure_optimizer())
        self.loader = module.loader()
        self.statistics = RunningStatistics(module.network, len(self.plan.own_microbatches))
        self.checkpointer = Checkpointer(checkpoint, module, self.optimizer, fabric.strategy.precision, stop_request)
        self.losses: list[float] = []  # of the microbatches since the last row of the curve

    def resume(self) -> None:
        """Restore the state of the checkpoint."""
        self.losses = self.checkpointer.load()

    def run(self, total: int) -> None:
        """Train until optimiser step `total`."""
        module = self.module
        self.throughput = Throughput(module, total)
        try:
            with self.throughput.bar:
                while module.global_step < total:
                    self.train_epoch()
                    self.validate()
                    self.checkpointer.save(self.losses)
        except KeyboardInterrupt:
            message = f"stopped after {module.global_step} of {total} steps; run again to go on"
            raise StoppedError(message if rank() == 0 else 1) from None

    def train_epoch(self) -> None:
        """Train to the end of the current epoch, which a checkpoint may have begun."""
        module = self.module
        module.current_epoch = module.global_step // self.plan.steps
        end = (module.current_epoch + 1) * self.plan.steps
        module.network.train()
        batches = iter(self.loader)
        while module.global_step < end:
            self.train_step(batches)
            if module.global_step < end:  # at the end of an epoch the checkpoint waits for the validation
                self.checkpointer.save_if_due(self.losses)
        self.throughput.end_epoch()

    def train_step(self, batches: Iterator[Batch]) -> None:
        """Accumulate the gradients of this process's microbatches, and make one optimiser step."""
        module, own = self.module, self.plan.own_microbatches
        for group in self.optimizer.param_groups:  # a function of the step, so there is no schedule to resume
            group["lr"] = module.learning_rate(module.global_step)
        self.statistics.begin()
        self.optimizer.zero_grad()
        losses = []
        for number in own:
            batch = module.to_device(self.throughput.next_batch(batches))
            torch.manual_seed(torch_seed(self.plan.seed, Purpose.DROPOUT, module.global_step, number))
            with self.fabric.no_backward_sync(self.wrapped, enabled=number != own[-1]):
                loss = module.loss(batch, self.wrapped)
                losses.append(AsyncCopy(all_gather_scalars(loss)))
                self.fabric.backward(loss / len(own))
        self.optimizer.step()
        self.record_losses(losses)
        self.statistics.merge()
        module.after_step()
        module.global_step += 1

    def record_losses(self, losses: list[AsyncCopy]) -> None:
        """Check the losses of a step, and add their mean to the learning curve every few steps.

        Raises:
            DivergedError: if a loss is not finite; no checkpoint holds the step yet.
        """
        module, step = self.module, self.module.global_step + 1
        for copy in losses:
            values = copy.values()
            before, module.latest_loss = module.latest_loss, math.fsum(values) / len(values)
            if not math.isfinite(module.latest_loss):
                raise DivergedError(
                    f"the loss is {module.latest_loss} at step {step} (epoch {module.current_epoch + 1}), "
                    f"after {before:.4g}",
                    module.learning_rate(step - 1),
                )
            self.losses.extend(values)
        if step % max(self.plan.steps // ROWS_PER_EPOCH, 1) == 0:
            row = {"train/loss": math.fsum(self.losses) / len(self.losses)}
            self.losses = []
            if self.curves is not None:
                self.curves.log({**row, "train/learning_rate": module.learning_rate(step - 1)}, step)

    def validate(self) -> None:
        """Add the metrics of the samples that are not fitted to the learning curves."""
        self.module.network.eval()
        with torch.no_grad():
            metrics = self.module.validate()
        if metrics and self.curves is not None:
            self.curves.log(metrics, self.module.global_step)


def _check_device(device: torch.device, precision: Precision, sync_batch_norm: bool) -> None:
    """Raise a TrainingError if the device does not support the settings."""
    if precision != "32-true" and device.type == "cpu":  # where bfloat16 3D convolutions corrupt memory (PyTorch 2.14)
        raise TrainingError(f"precision {precision} needs a GPU; allowed on a CPU: 32-true")
    if sync_batch_norm and device.type == "cpu":
        raise TrainingError("sync_batch_norm needs GPUs; allowed on a CPU: false")


def _make_fabric(device: torch.device, precision: Precision) -> Fabric:
    """Create Fabric for one process, or for those that a launcher started and `process_group` connected."""
    for name in ("lightning.fabric", "lightning.pytorch"):  # Fabric's messages go to either
        logging.getLogger(name).setLevel(logging.WARNING)
    several = world_size() > 1
    fabric = Fabric(
        accelerator="gpu" if device.type == "cuda" else device.type,
        # Buffers are not broadcast: RunningStatistics merges those of batch norm.
        strategy=DDPStrategy(broadcast_buffers=False, gradient_as_bucket_view=True) if several else "auto",
        devices=[device.index or 0] if device.type == "cuda" and not several else local_processes(),
        num_nodes=world_size() // local_processes(),
        precision=precision,
        plugins=[cluster_environment()],
    )
    fabric.launch()
    return fabric
