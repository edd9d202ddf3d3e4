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
    if quality.times == "mended" and quality.replaced_times:
        notices.append(
            "time stamps that are missing or do not fit those around them: "
            f"{quality.replaced_times} of {quality.decoded_frames}; equal steps replace them"
        )
    if quality.restarts:
        notices.append(
            f"places at which the clock of the file is set back: {len(quality.restarts)}; the time goes on by the "
            "usual step, and clips do not run over them"
        )
    if quality.pauses:
        notices.append(
            f"pauses: {quality.pauses}, the longest of {quality.longest_step:.1f} s; clips do not run over them"
        )
    if quality.rate is None and quality.is_irregular:
        notices.append(
            f"the frame rate varies: for {100 * quality.irregular:.0f} % of the time it is more than a tenth off the "
            f"usual {quality.fps:.4g} frames/s, and movement looks faster or slower than it is; decode.fps of the "
            "pipeline, or --fps of msn predict, converts to a constant rate"
        )
    return tuple(notices)
