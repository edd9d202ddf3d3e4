"""Align against facenet-pytorch's `MTCNN.detect`, on the same decoded frames and the same number of threads.

    python -m benchmarks.align [VIDEO] [--frames 240] [--processes 2] [--device cpu] [--min-face 32]

Every process runs both sides in turn, with one torch thread, and all processes run the same side at the same time: so
both have the same cores. Without a video a talking head is drawn. Then the whole align stage (decoding included) runs
against bare decoding of the same file. The last line is one JSON object.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import torch
from facenet_pytorch import MTCNN
from matplotlib import pyplot

from benchmarks.talking_head import write_talking_head
from pipeline.faces.face_crop import CropSettings
from pipeline.inspection import inspect, write_inspection
from pipeline.tracking.align_recording import DETECTORS, TrackingSettings, align_recording
from pipeline.tracking.frame_reader import FrameReader
from pipeline.video import read_frames

THRESHOLDS = (0.6, 0.7, 0.7)
SURVEY = 32


@dataclass(frozen=True)
class Held(FrameReader):
    """A film whose pictures are already decoded."""

    pixels: list[np.ndarray]

    def read(self, rows: Any) -> Any:
        """The pictures of rising rows."""
        return (self.pixels[row] for row in rows)


def main() -> None:
    """Measure, and print one JSON object as the last line."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        video = asked.video
        if video is None:
            video = Path(folder) / "drawn.mp4"
            write_talking_head(video, asked.frames)
        context = multiprocessing.get_context("spawn")
        barrier, queue = context.Barrier(asked.processes), context.Queue()
        arguments = (video, asked, Path(folder), barrier, queue)
        started = [context.Process(target=_side_by_side, args=(n, *arguments)) for n in range(asked.processes)]
        for process in started:
            process.start()
        results = [queue.get() for _ in started]
        for process in started:
            process.join()
    if asked.plot:
        _plot(results[0], asked.plot)
    print(json.dumps(_summary(results, asked)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("video", type=Path, nargs="?", help="a video; without one a talking head is drawn")
    parser.add_argument("--frames", type=int, default=240, help="frames of it to look at")
    parser.add_argument(
        "--processes", type=int, default=len(os.sched_getaffinity(0)), help="how many at once, a thread each"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--detector", default="sparse", choices=sorted(DETECTORS))
    parser.add_argument("--min-face", type=int, default=32, help="of both sides, in pixels")
    parser.add_argument("--plot", type=Path, help="a PNG with the landmarks of both sides over time")
    return parser.parse_args()


def _side_by_side(number: int, video: Path, asked: Any, folder: Path, barrier: Barrier, queue: Any) -> None:
    """What one process measures: seconds of each side, and the landmarks they found."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    settings = CropSettings("similarity", 112, asked.min_face, THRESHOLDS, 0.2, asked.device)
    following = TrackingSettings(asked.detector, SURVEY, 8)
    table, _ = inspect(video, None, 0.02)
    assert table is not None
    count = min(asked.frames, len(table))
    pixels = list(read_frames(video, range(count)))
    part = slice(count)
    film = Held(video, table.frame[part], table.time[part], table.key[part], table.change[part], pixels)
    reference = MTCNN(keep_all=True, min_face_size=asked.min_face, thresholds=list(THRESHOLDS), device=asked.device)

    def ours() -> list[np.ndarray | None]:
        _, rows = DETECTORS[following.detector](film, following.survey, settings)
        return [None if face is None else face.landmarks for _, face in rows]

    def theirs() -> list[np.ndarray | None]:
        return [reference.detect(picture, landmarks=True)[2] for picture in pixels]

    reference.detect(pixels[0], landmarks=True)
    result: dict[str, Any] = {}
    for side, run in (("ours", ours), ("theirs", theirs), ("ours again", ours)):
        barrier.wait()
        started = time.perf_counter()
        result[side] = run()
        _settle(asked.device)
        result[f"{side} seconds"] = time.perf_counter() - started
    barrier.wait()
    result["frames"], result["whole"] = count, len(table)
    result["bare seconds"] = min(_seconds_of_decoding(video) for _ in range(2))
    decoded = folder / f"decoded{number}"
    decoded.mkdir()
    write_inspection(decoded, video, None, 0.02)
    barrier.wait()
    started = time.perf_counter()
    align_recording(folder / f"aligned{number}", video, decoded, settings, following)
    result["align seconds"] = time.perf_counter() - started
    barrier.wait()
    queue.put(result)


def _settle(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _seconds_of_decoding(video: Path) -> float:
    started = time.perf_counter()
    with av.open(video) as container:
        container.streams.video[0].thread_type = "NONE"
        for _ in container.decode(video=0):
            pass
    return time.perf_counter() - started


def _paths(result: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (frames, 5, 2) of both sides, NaN where there is no face."""
    ours = np.stack([np.full((5, 2), np.nan) if found is None else found for found in result["ours"]])
    theirs = np.stack([_nearest(found, mine) for found, mine in zip(result["theirs"], ours, strict=True)])
    return ours, theirs


def _plot(result: dict[str, Any], path: Path) -> None:
    """Draw where the left eye and the nose go, as both sides see it."""
    ours, theirs = _paths(result)
    figure, axes = pyplot.subplots(4, 1, figsize=(11, 9), sharex=True, layout="constrained")
    lines = [(point, axis) for point in ((0, "left eye"), (2, "nose")) for axis in ((0, "x"), (1, "y"))]
    for plot, ((point, name), (axis, letter)) in zip(axes, lines, strict=True):
        plot.plot(theirs[:, point, axis], color="#c44e52", linewidth=1, label="facenet-pytorch, every frame")
        plot.plot(ours[:, point, axis], color="#4c72b0", linewidth=1, label="ours")
        plot.set_ylabel(f"{name}, {letter} (px)")
    axes[0].legend(loc="upper right")
    axes[-1].set_xlabel("frame")
    figure.savefig(path, dpi=110)


def _summary(results: list[dict[str, Any]], asked: Any) -> dict[str, Any]:
    first = results[0]
    ours, theirs = _paths(first)
    eyes = float(np.nanmedian(np.linalg.norm(theirs[:, 0] - theirs[:, 1], axis=1)))
    seconds = {
        side: float(np.mean([result[f"{side} seconds"] for result in results])) for side in ("theirs", "bare", "align")
    }
    seconds["ours"] = float(np.mean([min(r["ours seconds"], r["ours again seconds"]) for r in results]))
    speed = {side: first["frames"] * len(results) / seconds[side] for side in ("ours", "theirs")}
    speed |= {side: first["whole"] * len(results) / seconds[side] for side in ("bare", "align")}
    return {
        "ratio": round(speed["ours"] / speed["theirs"], 2),
        "frames_per_second": round(speed["ours"], 1),
        "reference_frames_per_second": round(speed["theirs"], 1),
        "landmark_difference": round(float(np.nanmedian(np.linalg.norm(ours - theirs, axis=2))) / eyes, 4),
        "coverage": round(float(np.mean([found is not None for found in first["ours"]])), 4),
        "reference_coverage": round(float(np.mean([found is not None for found in first["theirs"]])), 4),
        "jitter": round(_jitter(ours) / eyes, 4),
        "reference_jitter": round(_jitter(theirs) / eyes, 4),
        "share_of_decode_speed": round(speed["align"] / speed["bare"], 3),
        "align_frames_per_second": round(speed["align"], 1),
        "decode_frames_per_second": round(speed["bare"], 1),
        "frames": first["frames"],
        "processes": len(results),
        "device": asked.device,
        "detector": asked.detector,
        "min_face": asked.min_face,
    }


def _nearest(found: np.ndarray | None, mine: np.ndarray) -> np.ndarray:
    """The face that the reference means, where it finds several: the one nearest to ours, or its first."""
    if found is None:
        return np.full((5, 2), np.nan)
    if np.isnan(mine).any():
        return np.asarray(found[0], float)
    apart = np.linalg.norm(np.asarray(found, float) - mine, axis=2).mean(1)
    return np.asarray(found[int(np.argmin(apart))], float)


def _jitter(points: np.ndarray) -> float:
    """Median length of the second difference in time, in pixels."""
    return float(np.nanmedian(np.linalg.norm(points[2:] - 2 * points[1:-1] + points[:-2], axis=2)))


if __name__ == "__main__":
    main()
