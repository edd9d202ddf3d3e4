"""The most memory that decode and align hold for a short video and for one many times as long, of the same content.

    python -m benchmarks.memory [--short 5000] [--long 15000] [--detector sparse]

Both videos are 640 x 480 and show one drawn head over and over. Each goes through each stage's function in a child
process of its own. The short one fills every buffer (pictures between key rows, a shard of 1,024 faces) several times,
so that these are not taken for growth. What memory grows by from the short to the long video is scaled to 50 minutes at
30 frames a second, the longest recordings of AVEC2013; the goal is 2,000 MB a worker. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from itertools import cycle, islice
from pathlib import Path

from benchmarks.talking_head import FPS, talking_head
from benchmarks.watched import Watched
from pipeline.faces.face_crop import CropSettings
from pipeline.inspection import write_inspection
from pipeline.tracking.align_recording import DETECTORS, TrackingSettings, align_recording
from pipeline.video import write_video

FIFTY_MINUTES = 90_000  # frames
DRAWN = 60  # different pictures
SETTINGS = CropSettings("similarity", 112, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
SURVEY, MAX_GAP = 32, 4


def main() -> None:
    """Measure both lengths, and print what each stage held and what a long recording would need."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", type=int, default=5000, help="frames")
    parser.add_argument("--long", type=int, default=15_000, help="frames")
    parser.add_argument("--detector", choices=sorted(DETECTORS), default="sparse")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        short, long = (_measured(Path(folder) / str(n), n, asked.detector) for n in (asked.short, asked.long))
    grows = {name: max(long[name] - short[name], 0) * 1000 / (asked.long - asked.short) for name in short}
    whole = {name: long[name] + grows[name] * (FIFTY_MINUTES - asked.long) / 1000 for name in short}
    for name in short:
        print(
            f"{name}: {short[name]:.0f} MB for {asked.short} frames, {long[name]:.0f} MB for {asked.long}, "
            f"{grows[name]:.2f} MB more for each 1,000; {whole[name]:.0f} MB for {FIFTY_MINUTES}"
        )
    result = {
        "peak_mb_short": round(max(short.values()), 1),
        "peak_mb_long": round(max(long.values()), 1),
        "growth_mb_per_1000_frames": round(max(grows.values()), 3),
        "peak_mb_50_minutes": round(max(whole.values()), 1),
    }
    print(json.dumps(result))


def _measured(folder: Path, frames: int, detector: str) -> dict[str, float]:
    """The most megabytes that each stage's function held over a video of so many frames."""
    video, decoded, aligned = folder / "video.mp4", folder / "decoded", folder / "aligned"
    decoded.mkdir(parents=True)
    aligned.mkdir()
    pictures = list(talking_head(DRAWN))
    there_and_back = pictures + pictures[-2:0:-1]  # without a cut where it starts anew
    write_video(video, islice(cycle(there_and_back), frames), FPS)
    following = TrackingSettings(detector, SURVEY, MAX_GAP)
    peaks = {}
    for name, function, arguments in (
        ("decode", write_inspection, (decoded, video, None, 0.0)),
        ("align", align_recording, (aligned, video, decoded, SETTINGS, following)),
    ):
        with Watched(function, float("inf"), float("inf")) as watched:
            ended = watched(*arguments)
        if ended.how != "returned":
            raise RuntimeError(f"{name}: {ended.how}: {ended.value}")
        peaks[name] = ended.peak_mb
    return peaks


if __name__ == "__main__":
    main()
