"""Explain what a network says of a recording: of its middle clip, all frames."""

import numpy as np
import torch

from pipeline.data.clips.clip_frames import wrapped_spans
from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.models.description import Description, network_name
from pipeline.nets.build import Network
from pipeline.params import Clip
from pipeline.saliency.choice import Scored, middle_clip
from pipeline.saliency.explanation import Explanation, Subject
from pipeline.saliency.relevance import relevance
from pipeline.scoring.bands import band_of


def explain(
    network: Network,
    description: Description,
    sequence: FaceSequence,
    scored: Scored,
    opaque: str,
    clip: Clip,
    stage: str,
    device: torch.device,
) -> Explanation:
    """Compute the relevance of the middle clip of a recording.

    Args:
        network: with a regression head, in evaluation mode, on `select_device`.
        description: what belongs to its weights.
        sequence: of the recording.
        scored: its truth and estimate.
        opaque: an id that says nothing of who is seen.
        clip: how long clips are.
        stage: of the network, whose last block is looked at.
        device: where the network is.

    Raises:
        ValueError: where the recording has no clip, or the network no such stage.
    """
    phase, start = middle_clip(sequence, clip.length)
    faces = sequence.clip(phase, start, clip.length)
    found, estimates = relevance(network, description, torch.from_numpy(faces)[None].to(device), stage)
    first, stop = sequence.phases[phase]
    spans = wrapped_spans(start, clip.length, stop - first)
    subject = Subject(
        band=band_of(scored.bdi).name,
        recording=scored.recording,
        opaque=opaque,
        bdi=scored.bdi,
        estimate=scored.estimate,
        clip_estimate=float(estimates[0]),
        phase=phase,
        start=start,
        stage=stage,
        network=network_name(description.model),
    )
    present = np.concatenate([sequence.present[first + begin : first + end] for begin, end in spans])
    return Explanation(subject, faces, found[0].cpu().numpy(), present)
