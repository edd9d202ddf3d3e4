"""Explanation of a network's estimate of a recording, by the relevance of all frames of its middle clip."""

import numpy as np
import torch

from pipeline.data.clips.clip_frames import wrapped_spans
from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.data.frame_order import RECORDED, FrameOrder
from pipeline.records.predictions import ScoredEstimate
from pipeline.saliency.choice import middle_clip
from pipeline.saliency.explanation import ClipMetadata, Explanation
from pipeline.saliency.relevance import clip_relevance
from pipeline.score_networks.scorer import Scorer
from pipeline.severity.scale import SeverityScale


def explain(
    scorer: Scorer,
    sequence: FaceSequence,
    scored: ScoredEstimate,
    opaque: str,
    length: int,
    stage: str,
    device: torch.device,
    scale: SeverityScale,
    order: FrameOrder = RECORDED,
) -> Explanation:
    """Compute the relevance of the middle clip of a recording.

    A network of single frames explains each frame of the clip by itself; the estimate of the clip is their mean.

    Args:
        scorer: in evaluation mode, on `device`.
        sequence: of the recording.
        scored: the true score and the estimate of the recording.
        opaque: an id of the recording that does not identify its subject.
        length: frames of the clip: as many as the network sees at once. For a network of single frames any number; the
            clip is shorter if the recording nowhere shows the face in so many frames in a row.
        stage: of the network; Grad-CAM takes the output of its last block.
        device: of the network.
        scale: of the scores.
        order: of the frames in a clip, as the network was fitted.

    Raises:
        ValueError: if the recording has no clip, or the network no such stage.
    """
    phase, start, length = middle_clip(sequence, length, shortest=scorer.frames)
    indices = order.frame_indices(length, sequence.recording, phase, start)
    faces = sequence.clip(phase, start, length)[indices]
    maps, estimate = clip_relevance(scorer, faces, stage, device)
    first, stop = sequence.phases[phase]
    spans = wrapped_spans(start, length, stop - first)
    metadata = ClipMetadata(
        band=scale.band_of(scored.score).name,
        recording=scored.recording,
        opaque=opaque,
        score=scored.score,
        estimate=scored.estimate,
        clip_estimate=estimate,
        phase=phase,
        start=start,
        stage=stage,
        network=scorer.name,
    )
    present = np.concatenate([sequence.present[first + begin : first + end] for begin, end in spans])
    return Explanation(metadata, faces, maps, present[indices])
