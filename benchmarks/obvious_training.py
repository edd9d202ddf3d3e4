"""The training loop that anybody would write: fp32, contiguous, whole float clips from a plain loader."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pipeline.pretraining.recognition import Pretraining


class WholeClips(Dataset[tuple[Tensor, Tensor]]):
    """The samples of a task as float clips with their answers, one by one."""

    def __init__(self, task: Any) -> None:
        """Take a Pretraining or a Finetuning."""
        self.samples, self.normalise, self.task = task.samples, task.normalise, task

    def __len__(self) -> int:
        """Samples of an epoch."""
        return self.task.pace.steps * self.task.pace.batch

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """A clip, and what is to be answered."""
        if isinstance(self.task, Pretraining):
            one = self.samples.__getitems__([number])
            clip = one["image"].unsqueeze(1).expand(-1, self.task.clip, -1, -1, -1)
            return self.normalise(clip)[0].contiguous(), one["label"][0]
        sample = self.samples[number]
        return self.normalise(torch.from_numpy(sample["clip"])[None])[0].contiguous(), torch.tensor(sample["target"])


def train_obviously(task: Any, precision: Any, device: torch.device, folder: Path) -> tuple[list[float], list[float]]:
    """Train one epoch; return the seconds between steps (0 before the first) and the losses. Only fp32, no files."""
    network = task.network.to(device, memory_format=torch.contiguous_format).train()
    rates = [task.rate(step) for step in range(task.pace.steps)]
    optimiser = task.configure_optimizers().__class__(network.parameters(), **_settings(task))
    loader = DataLoader(WholeClips(task), task.pace.batch, num_workers=0 if device.type == "cpu" else 4)
    done, losses = [], []
    for rate, (clips, answers) in zip(rates, loader, strict=True):
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = loss_of(task, network(clips.to(device)), answers.to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        finish(device)
        done.append(time.perf_counter())
    return [0.0, *np.diff(done).tolist()], losses


def _settings(task: Any) -> dict[str, Any]:
    if not isinstance(task, Pretraining):
        return {}
    return {"momentum": task.settings.momentum, "weight_decay": task.settings.weight_decay}


def loss_of(task: Any, answers: Tensor, wanted: Tensor) -> Tensor:
    """The loss of a Pretraining or a Finetuning, from what a network answers."""
    if isinstance(task, Pretraining):
        return torch.nn.functional.cross_entropy(answers, wanted)
    return (answers[:, 0] - wanted).square().mean() / 2


def finish(device: torch.device) -> None:
    """Wait until the device has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
