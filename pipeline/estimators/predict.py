"""Estimates for recordings: clips that cover each video, and their weighted mean."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from rich.console import Console
from rich.progress import Progress

from pipeline.data.clips.face_sequence import FaceSequence, open_sequence
from pipeline.data.frame_order import RECORDED, FrameOrder
from pipeline.estimators.estimates import ClipEstimate, VideoEstimate
from pipeline.models.description import Description
from pipeline.models.normalise import Normalise
from pipeline.nets.build import Network
from pipeline.params import Clip

BATCH = 8  # clips a pass, always: another number changes the last bits of an estimate


def predict(
    network: Network,
    description: Description,
    sequences: Sequence[Path],
    clip: Clip,
    phases: int,
    device: torch.device,
    label: str | None = None,
    order: FrameOrder = RECORDED,
) -> list[VideoEstimate]:
    """Estimate the scores of recordings.

    Args:
        network: with a regression head, in evaluation mode, on `select_device`.
        description: what belongs to its weights: mean and scale of the input, target of the output.
        sequences: the folder of each recording's sequence, named after it.
        clip: how long clips are, and what they do with frames without a face.
        phases: how many phases of the subsampling are covered and averaged, from the first on.
        device: where the network is.
        label: what a progress bar says; None shows none.
        order: in which clips show their frames.

    Raises:
        ValueError: where the network has no target, or is in training mode.
    """
    target = description.target
    if target is None or network.training:
        raise ValueError("estimates take a network with a regression head, in evaluation mode")
    normalise = Normalise(description.model).to(device)
    opened = [open_sequence(folder, clip.absent) for folder in sequences]
    covering = [sequence.covering(clip.length, phases) for sequence in opened]
    wanted = [(number, *one) for number, found in enumerate(covering) for one in found]
    found: list[list[ClipEstimate]] = [[] for _ in opened]
    with _bar(label, len(wanted)) as progress, torch.inference_mode():
        for begin in range(0, len(wanted), BATCH):
            part = wanted[begin : begin + BATCH]
            clips = np.stack(
                [_shown(opened[number], phase, start, clip.length, order) for number, phase, start, _ in part]
            )
            outputs = _forward(network, normalise, clips, device)
            for (number, phase, start, weight), output in zip(part, outputs.tolist(), strict=True):
                estimate = output * target.deviation + target.mean
                found[number].append(ClipEstimate(phase, start, weight, estimate))
            progress.advance(progress.task_ids[0], len(part))
    return [VideoEstimate(sequence.recording, tuple(clips)) for sequence, clips in zip(opened, found, strict=True)]


def _shown(
    sequence: FaceSequence, phase: int, start: int, length: int, order: FrameOrder
) -> UInt8[np.ndarray, "time height width 3"]:
    """A clip with its frames in order."""
    return sequence.clip(phase, start, length)[order.places(sequence.recording, phase, start, length)]


def _forward(
    network: Network, normalise: Normalise, clips: UInt8[np.ndarray, "batch time height width 3"], device: torch.device
) -> Float[np.ndarray, " batch"]:
    """The outputs for up to BATCH clips; what is missing to a whole batch is filled with black."""
    padded = np.zeros((BATCH, *clips.shape[1:]), np.uint8)
    padded[: len(clips)] = clips
    outputs = network(normalise(torch.from_numpy(padded).to(device)))
    return outputs[: len(clips), 0].double().cpu().numpy()


@contextmanager
def _bar(label: str | None, total: int) -> Iterator[Progress]:
    with Progress(console=Console(stderr=True), disable=label is None) as progress:
        progress.add_task(label or "", total=total)
        yield progress
