"""Which share of a file is missing at its end: its header announces more than the file holds."""

from pathlib import Path

from pipeline.video.file_end import last_end
from pipeline.video.reading import Video

SHARE, SECONDS = 0.02, 0.25  # up to this share or time counts as whole: headers are rounded, and last frames held


def missing_share(path: Path, video: Video, seconds: float) -> float:
    """Return the share that is missing of a video that was read to its end; 0 for a whole one.

    The number of frames in the header is compared with the packets of the stream, before edit lists and damage take
    frames away; the duration with the end of the last packet of any stream, because sound may last longer than
    pictures. Where the header has both, the smaller share counts: AVI leaves out empty packets, and only its times go
    on. A header that has neither, or a container that has no header (MPEG-TS, raw streams), says nothing.

    Args:
        path: of the file.
        video: after its last frame.
        seconds: the time of its last frame, which goes on where the clock of the file was set back.
    """
    shares = []
    if video.header_frames:
        shares.append(1 - video.packets / video.header_frames)
    if video.header_seconds:
        end = max(video.end, seconds)
        if _is_short(end, video.header_seconds) and (not shares or shares[0] > SHARE):
            end = max(end, last_end(path))
        shares.append(1 - end / video.header_seconds if _is_short(end, video.header_seconds) else 0.0)
    share = min(shares, default=0.0)
    return round(share, 4) if share > SHARE else 0.0


def _is_short(end: float, seconds: float) -> bool:
    """Whether content that ends at `end` is too short for a duration."""
    return seconds - end > max(SHARE * seconds, SECONDS)
