"""Estimates of recordings with a network: weighted means over the clips or frames that cover each recording.

A long list of clips is worth two efforts: the network is compiled, and finished recordings are kept.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
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
from pipeline.nets.compiled import compile_for_inference
from pipeline.nets.ops.compiler import compile_obstacle, is_allowed
from pipeline.records.estimates import KeptEstimates, SpanEstimate, VideoEstimate
from pipeline.runtime.console import plain_console
from pipeline.score_networks.objectives import Objective, objective_of

logger = logging.getLogger(__name__)

BATCH = 8  # clips per forward pass, always: another number changes the last bits of an estimate
LONG = 1000  # clips; compiling MSN-69 takes as long as 100 to 200 clips on a CPU


def predict(
    network: Network,
    description: Description,
    sequences: Sequence[Path],
    absent: str,
    phases: int,
    device: torch.device,
    label: str | None = None,
    order: FrameOrder = RECORDED,
    kept: KeptEstimates | None = None,
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
        kept: of `LONG` clips or more, the estimates of an earlier run that was stopped.

    Raises:
        ValueError: if the network estimates no score, or is in training mode.
    """
    objective, length = objective_of(description), description.clip
    if length is None or network.training:
        raise ValueError("estimates take a network in evaluation mode, with a known length of clips")
    normalise = Normalise(description.model).to(device)
    opened = [open_sequence(folder, absent) for folder in sequences]
    coverings = [sequence.covering_clips(length, phases) for sequence in opened]
    is_long = sum(map(len, coverings)) >= LONG
    forward, method = _fast(network, device) if is_long else (network, "plain")
    if not is_long:
        kept = None
    finished = {
        number: estimate
        for number, folder in enumerate(sequences)
        if kept is not None and (estimate := kept.find(folder, method)) is not None
    }
    spans = [
        (number, *span) for number, covering in enumerate(coverings) if number not in finished for span in covering
    ]
    remaining = Counter(number for number, *_ in spans)
    estimates: list[list[SpanEstimate]] = [[] for _ in opened]
    with _progress_bar(label, len(spans)) as progress, torch.inference_mode():
        for begin in range(0, len(spans), BATCH):
            part = spans[begin : begin + BATCH]
            clips = np.stack(
                [_read_clip(opened[number], phase, start, length, order) for number, phase, start, _ in part]
            )
            points = _estimate_clips(forward, normalise, objective, clips, device)
            for (number, phase, start, weight), estimate in zip(part, points.tolist(), strict=True):
                first, stop = opened[number].phases[phase]
                frames = min(length, stop - first - start)  # fewer than `length` if the clip loops the recording
                estimates[number].append(SpanEstimate(phase, start, frames, weight, estimate))
                remaining[number] -= 1
                if kept is not None and not remaining[number]:
                    kept.keep(
                        sequences[number], method, VideoEstimate(opened[number].recording, tuple(estimates[number]))
                    )
            progress.advance(progress.task_ids[0], len(part))
    return [
        finished.get(number) or VideoEstimate(sequence.recording, tuple(estimates[number]))
        for number, sequence in enumerate(opened)
    ]


def _fast(network: Network, device: torch.device) -> tuple[Callable[[Tensor], Tensor], str]:
    """Return the network, compiled if this machine can, and the name of how its estimates are computed."""
    if not is_allowed():
        return network, "plain"
    if obstacle := compile_obstacle(device):
        logger.info("%s: the network is not compiled, and estimating takes about twice as long", obstacle)
        return network, "plain"
    return compile_for_inference(network), "compiled"


def _read_clip(
    sequence: FaceSequence, phase: int, start: int, length: int, order: FrameOrder
) -> UInt8[np.ndarray, "time height width 3"]:
    """Read a clip and put its frames in order."""
    return sequence.clip(phase, start, length)[order.frame_indices(length, sequence.recording, phase, start)]


def _estimate_clips(
    forward: Callable[[Tensor], Tensor],
    normalise: Normalise,
    objective: Objective,
    clips: UInt8[np.ndarray, "batch time height width 3"],
    device: torch.device,
) -> Float[Tensor, " batch"]:
    """Return the estimates of up to BATCH clips, in points; a smaller batch is padded with black clips."""
    padded = np.zeros((BATCH, *clips.shape[1:]), np.uint8)
    padded[: len(clips)] = clips
    outputs = forward(normalise(torch.from_numpy(padded).to(device)))
    return objective.points(outputs[: len(clips)].double().cpu())


@contextmanager
def _progress_bar(label: str | None, total: int) -> Iterator[Progress]:
    with Progress(console=plain_console(stderr=True), disable=label is None) as progress:
        progress.add_task(label or "", total=total)
        yield progress
