"""Compare the decode stage with bare decoding by PyAV: the same files, in one run, in turns.

"Bare" opens, demuxes and decodes in one thread and does nothing else. "Ours" does the stage's work for a recording:
it decodes, measures every frame, and writes the frame table and the quality record. The goal is at least 0.8 of the
bare speed.

    python -m benchmarks.decode [--turns 9] [VIDEO ...]

Without videos, a moving head of 640 x 480 is drawn. The last line is one JSON object.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from pipeline.inspection.inspect_video import write_inspection
from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.video.writing import write_video

BARE = "bare_frames_per_second"
MAX_LOST = 0.02
TIME_TOLERANCE = 1e-6  # seconds: the frame table has six digits


def main() -> None:
    """Print a line for each video and one JSON object for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--turns", type=int, default=9, help="number of turns; the best of each side counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        videos = arguments.videos or [_write_talking_head(work / "talking_head.mp4")]
        rows = [_compare(path, work, arguments.turns) for path in videos]
    frames = sum(row["frames"] for row in rows)
    ours, bare = (sum(row["frames"] / row[side] for row in rows) for side in ("frames_per_second", BARE))
    total = {
        "ratio": round(bare / ours, 3),
        "frames": frames,
        "frames_per_second": round(frames / ours, 1),
        BARE: round(frames / bare, 1),
        "equal_frames": all(row["equal_frames"] for row in rows),
        "largest_time_difference": max(row["largest_time_difference"] for row in rows),
    }
    print(json.dumps({**total, "videos": {path.name: row for path, row in zip(videos, rows, strict=True)}}))


def _compare(path: Path, work: Path, turns: int) -> dict[str, float]:
    """Measure both speeds on one video, and compare the frames and times of both sides."""
    output = work / f"{path.name}.inspection"
    output.mkdir()
    sides: list[tuple[str, Callable[[], object]]] = [
        ("bare", lambda: sum(1 for _ in _decode_bare(path))),
        ("ours", lambda: write_inspection(output, path, None, MAX_LOST)),
    ]
    seconds: dict[str, list[float]] = {"bare": [], "ours": []}
    for turn in range(turns):
        for name, run in sides[:: 1 if turn % 2 else -1]:  # neither side always runs second
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    stamps = [
        None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        for frame in _decode_bare(path)
    ]
    quality = read_quality(output)
    if quality.status == "broken":
        raise SystemExit(f"{path}: {quality.reason}")
    table = read_frame_table(output)
    bare, ours = (len(stamps) / min(seconds[side]) for side in ("bare", "ours"))
    row = {
        "ratio": round(ours / bare, 3),
        "frames": len(table),
        "frames_per_second": round(ours, 1),
        BARE: round(bare, 1),
        "equal_frames": len(stamps) == len(table),
        "largest_time_difference": 0.0,
    }
    if row["equal_frames"] and quality.times == "stamps":  # other tables have no time stamps to compare
        times = np.array(stamps, float)
        row["largest_time_difference"] = round(float(np.abs(times - times[0] - table.time).max()), 9)
    print(f"{path.name}: {quality.codec} {quality.width} x {quality.height}: {json.dumps(row)}", flush=True)
    assert row["equal_frames"], f"{path}: {len(stamps)} frames bare, {len(table)} in the table"
    assert row["largest_time_difference"] <= TIME_TOLERANCE, f"{path}: times differ"
    return row


def _decode_bare(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for packet in container.demux(stream):
            yield from packet.decode()


def _write_talking_head(path: Path, frames: int = 400) -> Path:
    """Write a video of a textured head that sways and moves its mouth before a textured wall, with camera noise."""
    random = np.random.default_rng(0)
    coarse = random.normal(0, 25, (60, 80, 3)).astype(np.float32)
    wall = 120 + cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    skin = cv2.resize(coarse[::-1], (640, 480), interpolation=cv2.INTER_LINEAR) + np.array([190, 150, 130])
    noise = random.normal(0, 4, (480, 640, 3))

    def draw_frames() -> Iterator[np.ndarray]:
        for number in range(frames):
            x, y = round(320 + 30 * np.sin(number / 25)), round(240 + 10 * np.sin(number / 17))
            mask = cv2.ellipse(np.zeros((480, 640), np.uint8), (x, y), (95, 125), 0, 0, 360, 1, -1)
            shifted = np.roll(skin, (y - 240, x - 320), (0, 1))
            frame = np.where(mask[..., None] > 0, shifted, wall)
            mouth = round(6 + 5 * np.sin(number / 2))
            cv2.ellipse(frame, (x, y + 65), (35, mouth), 0, 0, 360, (90, 30, 40), -1)
            for eye in (-38, 38):
                cv2.circle(frame, (x + eye, y - 30), 9, (40, 30, 30), -1)
            grain = np.roll(noise, tuple(random.integers(0, 480, 2)), (0, 1))  # differs in every frame, and is cheap
            yield np.clip(frame + grain, 0, 255).astype(np.uint8)

    write_video(path, draw_frames(), 30.0, quality=23)
    return path


if __name__ == "__main__":
    main()
