"""Estimates of recordings: weighted means over the clips that cover each recording."""

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

BATCH = 8  # clips per forward pass, always: another number changes the last bits of an estimate


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
        network: with a regression head, in evaluation mode, on `device`.
        description: of its weights: mean and scale of the input, target of the output.
        sequences: the folder of each recording's sequence, named after the recording.
        clip: length of clips, and how they treat frames without a face.
        phases: how many phases of the subsampling are covered and averaged, from the first on.
        device: where the network is.
        label: of the progress bar; None shows none.
        order: of the frames in each clip.

    Raises:
        ValueError: if the network has no target, or is in training mode.
    """
    target = description.target
    if target is None or network.training:
        raise ValueError("estimates take a network with a regression head, in evaluation mode")
    normalise = Normalise(description.model).to(device)
    opened = [open_sequence(folder, clip.absent) for folder in sequences]
    coverings = [sequence.covering_clips(clip.length, phases) for sequence in opened]
    spans = [(number, *span) for number, covering in enumerate(coverings) for span in covering]
    estimates: list[list[ClipEstimate]] = [[] for _ in opened]
    with _progress_bar(label, len(spans)) as progress, torch.inference_mode():
        for begin in range(0, len(spans), BATCH):
            part = spans[begin : begin + BATCH]
            clips = np.stack(
                [_read_clip(opened[number], phase, start, clip.length, order) for number, phase, start, _ in part]
            )
            outputs = _forward(network, normalise, clips, device)
            for (number, phase, start, weight), output in zip(part, outputs.tolist(), strict=True):
                estimate = output * target.deviation + target.mean
                estimates[number].append(ClipEstimate(phase, start, weight, estimate))
            progress.advance(progress.task_ids[0], len(part))
    return [VideoEstimate(sequence.recording, tuple(clips)) for sequence, clips in zip(opened, estimates, strict=True)]


def _read_clip(
    sequence: FaceSequence, phase: int, start: int, length: int, order: FrameOrder
) -> UInt8[np.ndarray, "time height width 3"]:
    """Read a clip and put its frames in order."""
    return sequence.clip(phase, start, length)[order.frame_indices(sequence.recording, phase, start, length)]


def _forward(
    network: Network, normalise: Normalise, clips: UInt8[np.ndarray, "batch time height width 3"], device: torch.device
) -> Float[np.ndarray, " batch"]:
    """Return the outputs for up to BATCH clips; a smaller batch is padded with black clips."""
    padded = np.zeros((BATCH, *clips.shape[1:]), np.uint8)
    padded[: len(clips)] = clips
    outputs = network(normalise(torch.from_numpy(padded).to(device)))
    return outputs[: len(clips), 0].double().cpu().numpy()


@contextmanager
def _progress_bar(label: str | None, total: int) -> Iterator[Progress]:
    with Progress(console=Console(stderr=True), disable=label is None) as progress:
        progress.add_task(label or "", total=total)
        yield progress
