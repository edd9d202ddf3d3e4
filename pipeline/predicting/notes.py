"""Notes beside an estimate: why a video has none, and what makes it less certain."""

from collections.abc import Mapping
from typing import Any

from pipeline.models.model_folder import ModelFolder
from pipeline.records.estimates import VideoEstimate
from pipeline.severity.scale import SeverityScale
from pipeline.tracking.following_notices import following_notices

LOW_COVERAGE = 0.9  # share of frames with a face below which a note is given


def missing_reason(coverage: float, length: int, rate: float) -> str:
    """Return the reason why a video has no estimate.

    Args:
        coverage: share of frames with a face.
        length: number of consecutive faces that one estimate needs.
        rate: faces per second that the model sees.
    """
    if not coverage:
        return "no face was found"
    if length == 1:
        return "no face was found in the frames that the model sees"
    return f"no clip of {length} faces ({length / rate:.1f} s) shows the face throughout, without a break"


def model_notes(folder: ModelFolder) -> tuple[str, ...]:
    """Return the warnings that a model is a demonstration, and that it is a control; none for any other model."""
    controls = "; ".join(folder.controls)
    return (
        *([folder.demonstration] if folder.demonstration else []),
        *([f"A CONTROL, NO MODEL TO USE: {controls}; its estimates mean nothing"] if controls else []),
    )


def mark_of(score: float, scale: SeverityScale, demonstration: bool) -> str:
    """Return what stands beside a score: its severity band, or that it is a demonstration, which has none."""
    return "demonstration" if demonstration else scale.band_of(score).name


def estimate_notes(
    prediction: VideoEstimate, length: int, coverage: float, aligned: Mapping[str, Any], scale: SeverityScale
) -> tuple[str, ...]:
    """Return the warnings that belong to an estimate.

    Args:
        prediction: the estimates of the spans.
        length: number of consecutive faces that one estimate needs.
        coverage: share of frames with a face.
        aligned: attributes of the aligned recording.
        scale: of the estimate.
    """
    notes = []
    if prediction.spans and sum(span.weight for span in prediction.spans if span.phase == 0) < length:
        notes.append(f"shorter than a clip of {length} faces: it was looped")
    if 0 < coverage < LOW_COVERAGE:
        notes.append(f"a face in only {100 * coverage:.0f} % of the frames")
    if doubts := following_notices(aligned):
        notes += [*doubts, "--overlay shows which face was used"]
    if prediction.score is not None and not scale.lowest <= prediction.score <= scale.highest:
        notes.append(f"outside {scale.lowest} to {scale.highest}, the range of {scale.name}")
    return tuple(notes)
