"""Where the content of a file ends: the last packet of any stream."""

from pathlib import Path
from typing import Any

import av

from pipeline.video.file_formats import open_container


def packet_end(packet: Any) -> float | None:
    """Return the time in seconds at which a packet's content ends, or None if it has no time."""
    stamp = max((stamp for stamp in (packet.pts, packet.dts) if stamp is not None), default=None)
    return None if stamp is None else float((stamp + (packet.duration or 0)) * packet.time_base)


def last_end(path: Path) -> float:
    """Return the time at which the last packet of any stream ends, without decoding any; 0 if none has a time.

    Of each stream its last packet in the file counts, so that one wild time in the middle does not.
    """
    ends: dict[int, float] = {}
    with open_container(path) as container:
        try:
            for packet in container.demux():
                end = packet_end(packet)
                if packet.size and end is not None:
                    ends[packet.stream.index] = end
        except (av.error.FFmpegError, IndexError):  # damage is counted elsewhere; what came before it is there
            pass
    return max(ends.values(), default=0.0)
