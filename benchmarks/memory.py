"""Peak memory of decode and align for a short video and for a long one with the same content.

    python -m benchmarks.memory [--short 5000] [--long 15000] [--detector sparse]

Both videos are 640 x 480 and repeat one drawn head. The function of each stage runs on each video in its own child
process. The short video fills every buffer (frames between key rows, a shard of 1,024 faces) several times, so that the
buffers do not count as growth. The growth from the short to the long video is scaled to 50 minutes at 30 frames per
second, the longest recordings of AVEC2013. The goal is 2,000 MB per worker. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from itertools import cycle, islice
from pathlib import Path

from benchmarks.talking_head import FPS, talking_head
from benchmarks.watched import WatchedFunction
from pipeline.faces.face_crop import CropSettings
from pipeline.inspection.inspect_video import write_inspection
from pipeline.tracking.align_recording import DETECTORS, TrackingSettings, align_recording
from pipeline.video.writing import write_video

FIFTY_MINUTES = 90_000  # frames
DISTINCT_FRAMES = 60
SETTINGS = CropSettings("similarity", 112, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
SURVEY_STEP, MAX_GAP = 1.0, 4


def main() -> None:
    """Measure both videos; print the peak memory of each stage and the estimate for a recording of 50 minutes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", type=int, default=5000, help="frames")
    parser.add_argument("--long", type=int, default=15_000, help="frames")
    parser.add_argument("--detector", choices=sorted(DETECTORS), default="sparse")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        short, long = (
            _peak_memory(Path(folder) / str(n), n, arguments.detector) for n in (arguments.short, arguments.long)
        )
    growth = {name: max(long[name] - short[name], 0) * 1000 / (arguments.long - arguments.short) for name in short}
    full_length = {name: long[name] + growth[name] * (FIFTY_MINUTES - arguments.long) / 1000 for name in short}
    for name in short:
        print(
            f"{name}: {short[name]:.0f} MB for {arguments.short} frames, {long[name]:.0f} MB for {arguments.long}, "
            f"{growth[name]:.2f} MB more for each 1,000; {full_length[name]:.0f} MB for {FIFTY_MINUTES}"
        )
    result = {
        "peak_mb_short": round(max(short.values()), 1),
        "peak_mb_long": round(max(long.values()), 1),
        "growth_mb_per_1000_frames": round(max(growth.values()), 3),
        "peak_mb_50_minutes": round(max(full_length.values()), 1),
    }
    print(json.dumps(result))


def _peak_memory(folder: Path, frames: int, detector: str) -> dict[str, float]:
    """Return the peak megabytes of each stage's function for a video of `frames` frames."""
    video, decoded, aligned = folder / "video.mp4", folder / "decoded", folder / "aligned"
    decoded.mkdir(parents=True)
    aligned.mkdir()
    head_frames = list(talking_head(DISTINCT_FRAMES))
    there_and_back = head_frames + head_frames[-2:0:-1]  # no cut between repetitions
    write_video(video, islice(cycle(there_and_back), frames), FPS)
    tracking = TrackingSettings(detector, SURVEY_STEP, MAX_GAP)
    peaks = {}
    for name, function, call in (
        ("decode", write_inspection, (decoded, video, None, 0.0)),
        ("align", align_recording, (aligned, video, decoded, SETTINGS, tracking)),
    ):
        with WatchedFunction(function, float("inf"), float("inf")) as watched:
            result = watched(*call)
        if result.outcome != "returned":
            raise RuntimeError(f"{name}: {result.outcome}: {result.value}")
        peaks[name] = result.peak_mb
    return peaks


if __name__ == "__main__":
    main()
