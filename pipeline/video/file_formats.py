"""The file formats that are read, and the opening of files: one local file, and no other through it.

FFmpeg also reads playlists (HLS, DASH), scripts (ffconcat), session descriptions (SDP) and numbered pictures, under any
name. They make it read other files or network addresses, so whoever wrote such a "video" would choose what is read.
"""

import os
from pathlib import Path
from typing import Any

import av

from pipeline.video.errors import BrokenVideoError

# Names of FFmpeg's demuxers. None of these opens anything but the file itself.
CONTAINERS = (
    "3gp amv asf asf_o avi dhav dv flv gif gxf ivf kux live_flv lxf matroska mov mpeg mpegts mxf nsv nut nuv ogg pva "
    "rm swf ty webm wtv"
)
STREAMS = "av1 cavsvideo dirac h261 h263 h264 hevc ipu m4v mjpeg mpegvideo obu vc1 vc1test vvc yuv4mpegpipe"
SOUNDS = "aac aiff ape caf flac mp3 wav w64"  # they have no video stream, and the message says so
ALLOWED = f"{CONTAINERS} {STREAMS} {SOUNDS}".replace(" ", ",")


def open_container(path: Path) -> Any:
    """Open a video file with PyAV; metadata tags are ignored and need not be UTF-8.

    The path is made absolute, so that no name is read as an address (`http:`, `concat:`).

    Raises:
        BrokenVideoError: if the format is not one of those that are read.
        av.error.FFmpegError: if FFmpeg cannot open it.
    """
    options = {"format_whitelist": ALLOWED, "protocol_whitelist": "file"}
    try:
        return av.open(os.path.abspath(path), metadata_errors="replace", container_options=options)
    except av.error.ArgumentError as error:  # FFmpeg's answer to a format that is not on the list
        raise BrokenVideoError(
            "not a video file: a playlist or script, which may name other files and is never followed, a picture, "
            "or a format that is not read"
        ) from error
