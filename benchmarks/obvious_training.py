"""A plain training loop to compare with: fp32, contiguous memory, and whole float clips from a plain loader."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pipeline.pretraining.recognition import Pretraining


class WholeClips(Dataset[tuple[Tensor, Tensor]]):
    """The samples of a module as pairs of a float clip and its target."""

    def __init__(self, module: Any) -> None:
        """Take a Pretraining or a Finetuning."""
        self.samples, self.normalise, self.module = module.samples, module.normalise, module

    def __len__(self) -> int:
        """Return the number of samples per epoch."""
        return self.module.plan.steps * self.module.plan.batch

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """Return a normalised clip and its target: the identity, or the standardised score."""
        if isinstance(self.module, Pretraining):
            batch = self.samples.__getitems__([number])
            clip = batch["image"].unsqueeze(1).expand(-1, self.module.clip, -1, -1, -1)
            return self.normalise(clip)[0].contiguous(), batch["label"][0]
        sample = self.samples[number]
        return self.normalise(torch.from_numpy(sample["clip"])[None])[0].contiguous(), torch.tensor(sample["target"])


def train_plain(module: Any, precision: Any, device: torch.device, folder: Path) -> tuple[list[float], list[float]]:
    """Train one epoch, always in fp32 and without files; `precision` and `folder` are ignored.

    Returns:
        the seconds between steps (0 before the first), and the losses.
    """
    network = module.network.to(device, memory_format=torch.contiguous_format).train()
    rates = [module.learning_rate(step) for step in range(module.plan.steps)]
    optimizer = module.configure_optimizer().__class__(network.parameters(), **_optimizer_settings(module))
    loader = DataLoader(WholeClips(module), module.plan.batch, num_workers=0 if device.type == "cpu" else 4)
    step_ends, losses = [], []
    for rate, (clips, targets) in zip(rates, loader, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = plain_loss(module, network(clips.to(device)), targets.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        finish(device)
        step_ends.append(time.perf_counter())
    return [0.0, *np.diff(step_ends).tolist()], losses


def _optimizer_settings(module: Any) -> dict[str, Any]:
    if not isinstance(module, Pretraining):
        return {}
    return {"momentum": module.settings.momentum, "weight_decay": module.settings.weight_decay}


def plain_loss(module: Any, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of a Pretraining or a Finetuning for the outputs of its network."""
    if isinstance(module, Pretraining):
        return torch.nn.functional.cross_entropy(outputs, targets)
    return (outputs[:, 0] - targets).square().mean() / 2


def finish(device: torch.device) -> None:
    """Wait until the device has finished its queued work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
