"""Run damaged copies of videos through decode and align: each must end as whole, or as broken with a reason.

    python -m benchmarks.fuzz [FOLDER_OF_VIDEOS] [--copies 500] [--seed 0] [--keep FOLDER]

Without a folder, drawn heads are written in four codecs and containers, and as the kinds of `odd_videos`. Every copy is
inspected, every second one at a constant rate. All losses are allowed, so every copy that has a frame is also aligned.
A watched child process does the work and is replaced when it dies. `--keep` stores the copies that ended badly. The
exit status is 1 if there are any. The last line is one JSON object with the number of copies by outcome:

    whole        a frame table, and an aligned recording with as many rows
    broken       rejected with a reason
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

from benchmarks.damage import damaged
from benchmarks.odd_videos import ODD_VIDEOS, write_tracks
from benchmarks.talking_head import FPS, talking_head
from benchmarks.watched import WatchedFunction
from pipeline.faces.face_crop import CropSettings
from pipeline.inspection.inspect_video import write_inspection
from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.video.errors import BrokenVideoError
from pipeline.zarr_store import read_array

GOOD = ("whole", "broken")
OUTCOMES = (*GOOD, "unexpected", "crash", "hang", "memory")
SETTINGS = CropSettings("similarity", 56, 80, (0.6, 0.7, 0.7), 0.2, "cpu")
TRACKING = TrackingSettings("sparse", 0.5, 4)
ALL_LOST = 1.0  # share of the packets: every copy that has a frame is aligned
FRAMES = 24  # per drawn video
CODECS = {"h264.mp4": "libx264", "mpeg4.avi": "mpeg4", "vp9.webm": "libvpx-vp9", "mjpeg.mkv": "mjpeg"}


def main() -> int:
    """Damage the videos, run them, and count the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="?", type=Path)
    parser.add_argument("--copies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60, help="time after which a copy counts as hanging")
    parser.add_argument("--megabytes", type=float, default=2000, help="memory limit of a process")
    parser.add_argument("--most-bytes", type=int, default=10**6, help="larger files of the folder are skipped")
    parser.add_argument("--keep", type=Path, help="folder for the copies that ended badly")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        videos = arguments.videos or write_drawn_videos(Path(folder) / "videos")
        counts = fuzz(
            [
                path
                for path in sorted(videos.iterdir())
                if path.is_file() and path.stat().st_size <= arguments.most_bytes
            ],
            arguments.copies,
            arguments.seed,
            WatchedFunction(run_stages, arguments.megabytes, arguments.seconds),
            arguments.keep,
        )
    print(json.dumps(counts))
    return int(any(counts[name] for name in OUTCOMES if name not in GOOD))


def fuzz(
    videos: list[Path], copies: int, seed: int, watched: WatchedFunction, keep: Path | None = None
) -> dict[str, Any]:
    """Damage `copies` copies of the videos in turn, run each through `watched`, and count the outcomes."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    peak, slowest = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder, watched:
        for number in range(copies):
            source = videos[number % len(videos)]
            damage, data = damaged(source.read_bytes(), seed, number)
            copy = Path(folder) / f"{number}_{damage}_{source.name}"
            copy.write_bytes(data)
            result = watched(copy, Path(folder) / "work", FPS if number % 2 else None)
            outcome, reason = result.value if result.outcome == "returned" else (result.outcome, result.value)
            counts[outcome] += 1
            peak, slowest = max(peak, result.peak_mb), max(slowest, result.seconds)
            if outcome == "broken":
                reasons[
                    "".join(character for character in reason if not character.isdigit()).replace(folder, "")[:70]
                ] += 1
            elif outcome not in GOOD:
                print(f"{outcome}: copy {number} of {source.name}, {damage}: {reason}", flush=True)
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(copy, keep)
            copy.unlink()
    for reason, count in reasons.most_common():
        print(f"broken: {count} times {reason}")
    by_outcome = {name: counts[name] for name in OUTCOMES}
    return {"copies": copies, **by_outcome, "peak_mb": round(peak), "slowest_seconds": round(slowest, 1)}


def run_stages(copy: Path, work: Path, fps: float | None) -> tuple[str, str]:
    """Run one copy through decode and align; return the outcome, and the reason if it is not whole."""
    shutil.rmtree(work, ignore_errors=True)
    decoded, faces = work / "decoded", work / "aligned"
    decoded.mkdir(parents=True)
    faces.mkdir()
    try:
        write_inspection(decoded, copy, fps, ALL_LOST)
        quality = read_quality(decoded)
        if quality.status == "broken":
            return ("broken", quality.reason) if quality.reason else ("unexpected", "broken without a reason")
        align_recording(faces, copy, decoded, SETTINGS, TRACKING)
        row_count, face_count = len(read_frame_table(decoded)), len(read_array(faces, "faces"))
    except BrokenVideoError as error:
        return "broken", str(error)
    except Exception as error:
        traceback = error.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        location = (
            f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}" if traceback else ""
        )
        return "unexpected", f"{type(error).__name__}: {error} ({location})"
    return ("whole", "") if row_count == face_count else ("unexpected", f"{face_count} faces for {row_count} rows")


def write_drawn_videos(folder: Path, frames: int = FRAMES) -> Path:
    """Write a drawn head at half size in each codec, and as each odd video, into `folder`; return the folder."""
    folder.mkdir()
    drawn_frames = [frame[::2, ::2] for frame in islice(talking_head(frames), frames)]
    for name, codec in CODECS.items():
        write_tracks(folder / name, (drawn_frames, codec))
    for name, write in ODD_VIDEOS.items():
        write(folder / name, drawn_frames)
    return folder


if __name__ == "__main__":
    sys.exit(main())
