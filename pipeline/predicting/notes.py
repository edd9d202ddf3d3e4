"""TODO docstring."""

from pipeline.estimators.estimates import VideoEstimate

LITTLE = 0.9  # share of frames with a face, below which it is said


def missing_reason(coverage: float, length: int, rate: float) -> str:
    """Why a video has no clip."""
    if not coverage:
        return "no face was found"
    return f"no clip of {length} faces ({length / rate:.1f} s) shows the face throughout"


def estimate_notes(found: VideoEstimate, length: int, coverage: float, rivals: int) -> tuple[str, ...]:
    notes = []
    if found.clips and sum(clip.weight for clip in found.clips if clip.phase == 0) < length:
        notes.append(f"shorter than a clip of {length} faces: it was looped")
    if 0 < coverage < LITTLE:
        notes.append(f"a face in only {100 * coverage:.0f} % of the frames")
    if rivals:
        notes.append("somebody else is seen nearly as often: see with --overlay who was followed")
    if found.score is not None and not 0 <= found.score <= 63:
        notes.append("outside of 0 to 63, which no questionnaire can give")
    return tuple(notes)
