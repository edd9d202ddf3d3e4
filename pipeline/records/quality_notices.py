"""Notices about a recording: what its quality record says that a reader of its estimate must know."""

from pipeline.records.quality import Quality


def quality_notices(quality: Quality) -> tuple[str, ...]:
    """Return a sentence for every property of a recording that makes its frames or their times doubtful."""
    notices = []
    if quality.bad_packets:
        notices.append(f"{quality.bad_packets} packets cannot be decoded; their frames are missing")
    if quality.corrupt_frames:
        notices.append(f"the decoder marked {quality.corrupt_frames} of {quality.decoded_frames} frames as corrupt")
    if quality.times == "assumed":
        notices.append(f"the file has no time stamps; {quality.fps:g} frames per second are assumed")
    if quality.times == "mended":
        notices.append(
            "some time stamps are missing or do not increase; they are replaced by steps of the usual length"
        )
    return tuple(notices)
