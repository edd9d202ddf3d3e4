"""Damaged copies of videos through decode and align: each must end whole, or broken with a reason, and nothing else.

    python -m benchmarks.fuzz [FOLDER_OF_VIDEOS] [--copies 500] [--seed 0] [--keep FOLDER]

Without a folder it writes drawn heads in four codecs and containers. Every copy is inspected, every second one at a
constant rate, with all losses allowed, so that each one that has a frame is also aligned. That happens in a child
process that is watched and replaced when it dies. `--keep` stores the copies that ended badly. The exit status is 1
where there is one. The last line is one JSON object with the number of copies by how they ended:

    whole        a frame table, and an aligned recording with a row for each of its rows
    broken       refused with a reason
    unexpected   another exception than BrokenVideoError, or another number of rows
    crash        a signal
    hang         more than `--seconds`
    memory       more than `--megabytes`
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import av

from benchmarks.damage import damaged
from benchmarks.talking_head import FPS, talking_head
from benchmarks.watched import Watched
from pipeline.faces.face_crop import CropSettings
from pipeline.inspection import write_inspection
from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.video import BrokenVideoError
from pipeline.zarr_store import read_array

GOOD = ("whole", "broken")
OUTCOMES = (*GOOD, "unexpected", "crash", "hang", "memory")
SETTINGS = CropSettings("similarity", 56, 80, (0.6, 0.7, 0.7), 0.2, "cpu")
FOLLOWING = TrackingSettings("sparse", 16, 4)
ALL_LOST = 1.0  # of the packets: whatever has a frame is aligned
FRAMES = 24  # of a drawn video
CODECS = {"h264.mp4": "libx264", "mpeg4.avi": "mpeg4", "vp9.webm": "libvpx-vp9", "mjpeg.mkv": "mjpeg"}


def main() -> int:
    """Damage, watch and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="?", type=Path)
    parser.add_argument("--copies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60, help="a copy that takes longer hangs")
    parser.add_argument("--megabytes", type=float, default=2000, help="the most memory a process may hold")
    parser.add_argument("--most-bytes", type=int, default=10**6, help="bigger files of the folder are left out")
    parser.add_argument("--keep", type=Path, help="where to store copies that ended badly")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        videos = asked.videos or drawn_videos(Path(folder) / "videos")
        counts = fuzz(
            [path for path in sorted(videos.iterdir()) if path.stat().st_size <= asked.most_bytes],
            asked.copies,
            asked.seed,
            Watched(aligned, asked.megabytes, asked.seconds),
            asked.keep,
        )
    print(json.dumps(counts))
    return int(any(counts[name] for name in OUTCOMES if name not in GOOD))


def fuzz(videos: list[Path], copies: int, seed: int, watched: Watched, keep: Path | None = None) -> dict[str, Any]:
    """Damage `copies` copies of the videos in turn, put each through `watched`, and count how they ended."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    peak, slowest = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder, watched:
        for number in range(copies):
            source = videos[number % len(videos)]
            damage, data = damaged(source.read_bytes(), seed, number)
            copy = Path(folder) / f"{number}_{damage}_{source.name}"
            copy.write_bytes(data)
            ended = watched(copy, Path(folder) / "work", FPS if number % 2 else None)
            outcome, reason = ended.value if ended.how == "returned" else (ended.how, ended.value)
            counts[outcome] += 1
            peak, slowest = max(peak, ended.peak_mb), max(slowest, ended.seconds)
            if outcome == "broken":
                reasons["".join(letter for letter in reason if not letter.isdigit()).replace(folder, "")[:70]] += 1
            elif outcome not in GOOD:
                print(f"{outcome}: copy {number} of {source.name}, {damage}: {reason}", flush=True)
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(copy, keep)
            copy.unlink()
    for reason, count in reasons.most_common():
        print(f"broken: {count} times {reason}")
    found = {name: counts[name] for name in OUTCOMES}
    return {"copies": copies, **found, "peak_mb": round(peak), "slowest_seconds": round(slowest, 1)}


def aligned(copy: Path, work: Path, fps: float | None) -> tuple[str, str]:
    """Put one copy through decode and align; the outcome, and the reason where it is not whole."""
    shutil.rmtree(work, ignore_errors=True)
    decoded, faces = work / "decoded", work / "aligned"
    decoded.mkdir(parents=True)
    faces.mkdir()
    try:
        write_inspection(decoded, copy, fps, ALL_LOST)
        quality = read_quality(decoded)
        if quality.status == "broken":
            return ("broken", quality.reason) if quality.reason else ("unexpected", "broken without a reason")
        align_recording(faces, copy, decoded, SETTINGS, FOLLOWING)
        rows, written = len(read_frame_table(decoded)), len(read_array(faces, "faces"))
    except BrokenVideoError as error:
        return "broken", str(error)
    except Exception as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
        return "unexpected", f"{type(error).__name__}: {error} ({where})"
    return ("whole", "") if rows == written else ("unexpected", f"{written} faces for {rows} rows")


def drawn_videos(folder: Path, frames: int = FRAMES) -> Path:
    """Write a drawn head at half size in each codec into `folder`, and return it."""
    folder.mkdir()
    pictures = [picture[::2, ::2] for picture in islice(talking_head(frames), frames)]
    for name, codec in CODECS.items():
        with av.open(folder / name, "w") as container:
            stream: Any = container.add_stream(codec, rate=round(FPS))
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.codec_context.thread_count = 1
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture.copy(), format="rgb24")))
            container.mux(stream.encode())
    return folder


if __name__ == "__main__":
    sys.exit(main())
