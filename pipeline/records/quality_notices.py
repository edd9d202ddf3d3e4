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
    notices += _geometry_notices(quality)
    return tuple(notices)


def _geometry_notices(quality: Quality) -> list[str]:
    """Return the notices about the stream, its end, and how its pictures were changed."""
    size, frames = f"{quality.width} x {quality.height}", quality.decoded_frames
    sentences = {
        f"the file has several video streams; passed over: {quality.passed_over}": quality.passed_over,
        f"the file is cut short: {quality.missing:.1%} of what its header announces is missing": quality.missing,
        f"{quality.resized_frames} of {frames} frames have another size than {size}; "
        "they are scaled with their proportions kept": quality.resized_frames,
        f"{quality.turned_frames} of {frames} frames have another orientation than the rest; "
        "each is turned by its own": quality.turned_frames,
        f"the orientation of {quality.oblique_frames} of {frames} frames is no right-angle turn; "
        "the nearest is taken": quality.oblique_frames,
        f"{quality.interlaced_frames} of {frames} frames are interlaced; they are deinterlaced": (
            quality.interlaced_frames
        ),
        f"the pictures are scaled down to {size}, {quality.scale:.2f} of their size": quality.scale < 1,
    }
    return [sentence for sentence, applies in sentences.items() if applies]
