"""Estimates of recordings with a network: weighted means over the clips or frames that cover each recording."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from rich.progress import Progress
from torch import Tensor

from pipeline.data.clips.face_sequence import FaceSequence, open_sequence
from pipeline.data.frame_order import RECORDED, FrameOrder
from pipeline.models.description import Description
from pipeline.models.normalise import Normalise
from pipeline.nets.build import Network
from pipeline.records.estimates import SpanEstimate, VideoEstimate
from pipeline.runtime.console import plain_console
from pipeline.score_networks.objectives import Objective, objective_of

BATCH = 8  # clips per forward pass, always: another number changes the last bits of an estimate


def predict(
    network: Network,
    description: Description,
    sequences: Sequence[Path],
    absent: str,
    phases: int,
    device: torch.device,
    label: str | None = None,
    order: FrameOrder = RECORDED,
) -> list[VideoEstimate]:
    """Estimate the scores of recordings.

    Args:
        network: with a head for scores, in evaluation mode, on `device`.
        description: of its weights: length of its clips, mean and scale of the input, meaning of the output.
        sequences: the folder of each recording's sequence, named after the recording.
        absent: how clips treat frames without a face, as clip.absent.
        phases: how many phases of the subsampling are covered and averaged, from the first on.
        device: where the network is.
        label: of the progress bar; None shows none.
        order: of the frames in each clip.

    Raises:
        ValueError: if the network estimates no score, or is in training mode.
    """
    objective, length = objective_of(description), description.clip
    if length is None or network.training:
        raise ValueError("estimates take a network in evaluation mode, with a known length of clips")
    normalise = Normalise(description.model).to(device)
    opened = [open_sequence(folder, absent) for folder in sequences]
    coverings = [sequence.covering_clips(length, phases) for sequence in opened]
    spans = [(number, *span) for number, covering in enumerate(coverings) for span in covering]
    estimates: list[list[SpanEstimate]] = [[] for _ in opened]
    with _progress_bar(label, len(spans)) as progress, torch.inference_mode():
        for begin in range(0, len(spans), BATCH):
            part = spans[begin : begin + BATCH]
            clips = np.stack(
                [_read_clip(opened[number], phase, start, length, order) for number, phase, start, _ in part]
            )
            points = _forward(network, normalise, objective, clips, device)
            for (number, phase, start, weight), estimate in zip(part, points.tolist(), strict=True):
                first, stop = opened[number].phases[phase]
                frames = min(length, stop - first - start)  # fewer than `length` if the clip loops the recording
                estimates[number].append(SpanEstimate(phase, start, frames, weight, estimate))
            progress.advance(progress.task_ids[0], len(part))
    return [VideoEstimate(sequence.recording, tuple(clips)) for sequence, clips in zip(opened, estimates, strict=True)]


def _read_clip(
    sequence: FaceSequence, phase: int, start: int, length: int, order: FrameOrder
) -> UInt8[np.ndarray, "time height width 3"]:
    """Read a clip and put its frames in order."""
    return sequence.clip(phase, start, length)[order.frame_indices(sequence.recording, phase, start, length)]


def _forward(
    network: Network,
    normalise: Normalise,
    objective: Objective,
    clips: UInt8[np.ndarray, "batch time height width 3"],
    device: torch.device,
) -> Float[Tensor, " batch"]:
    """Return the estimates of up to BATCH clips, in points; a smaller batch is padded with black clips."""
    padded = np.zeros((BATCH, *clips.shape[1:]), np.uint8)
    padded[: len(clips)] = clips
    outputs = network(normalise(torch.from_numpy(padded).to(device)))
    return objective.points(outputs[: len(clips)].double().cpu())


@contextmanager
def _progress_bar(label: str | None, total: int) -> Iterator[Progress]:
    with Progress(console=plain_console(stderr=True), disable=label is None) as progress:
        progress.add_task(label or "", total=total)
        yield progress
