"""Explanation of a network's estimate of a recording, by the relevance of all frames of its middle clip."""

import numpy as np
import torch

from pipeline.data.clips.clip_frames import wrapped_spans
from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.models.description import Description, network_name
from pipeline.nets.build import Network
from pipeline.params import Clip
from pipeline.records.predictions import ScoredEstimate
from pipeline.saliency.choice import middle_clip
from pipeline.saliency.explanation import ClipMetadata, Explanation
from pipeline.saliency.relevance import relevance
from pipeline.scoring.bands import band_of


def explain(
    network: Network,
    description: Description,
    sequence: FaceSequence,
    scored: ScoredEstimate,
    opaque: str,
    clip: Clip,
    stage: str,
    device: torch.device,
) -> Explanation:
    """Compute the relevance of the middle clip of a recording.

    Args:
        network: with a regression head, in evaluation mode, on `device`.
        description: of its weights.
        sequence: of the recording.
        scored: the true score and the estimate of the recording.
        opaque: an id of the recording that does not identify its subject.
        clip: the section clip of params.yaml.
        stage: of the network; Grad-CAM takes the output of its last block.
        device: of the network.

    Raises:
        ValueError: if the recording has no clip, or the network no such stage.
    """
    phase, start = middle_clip(sequence, clip.length)
    faces = sequence.clip(phase, start, clip.length)
    maps, estimates = relevance(network, description, torch.from_numpy(faces)[None].to(device), stage)
    first, stop = sequence.phases[phase]
    spans = wrapped_spans(start, clip.length, stop - first)
    metadata = ClipMetadata(
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
    return Explanation(metadata, faces, maps[0].cpu().numpy(), present)
