"""Compare align with facenet-pytorch's `MTCNN.detect` on the same decoded frames with the same number of threads.

    python -m benchmarks.align [VIDEO] [--frames 240] [--processes 2] [--min-face 32] [--face-mesh PYTHON]

Every process runs both sides in turn with one torch thread. All processes run the same side at the same time, so both
sides have the same cores. Without a video, a talking head is drawn. Then the whole align stage (decoding included) is
compared with bare decoding of the same file. With --face-mesh, MediaPipe's FaceMesh follows in the same run, in an
environment of its own (`benchmarks/face_mesh.py`). The last line is one JSON object.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
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
from pipeline.inspection.inspect_video import inspect, write_inspection
from pipeline.tracking.align_recording import DETECTORS, TrackingSettings, align_recording
from pipeline.tracking.following import Following
from pipeline.tracking.frame_reader import BLOCK_BYTES, FrameReader, runs
from pipeline.video.reading import read_frames

THRESHOLDS = (0.6, 0.7, 0.7)
SURVEY_STEP = 1.0  # seconds


@dataclass(frozen=True)
class DecodedFrameReader(FrameReader):
    """A frame reader with the frames already decoded, so that the networks are measured alone."""

    pixels: list[np.ndarray]

    def blocks(self, keys: Sequence[int]) -> Iterator[tuple[list[int], dict[int, np.ndarray]]]:
        """Yield the blocks of `FrameReader.blocks`, without a copy of their pictures."""
        for run in runs([*keys, len(self)], BLOCK_BYTES // self.pixels[0].nbytes):
            yield run, {row: self.pixels[row] for row in range(run[0], min(run[-1] + 1, len(self)))}


def main() -> None:
    """Run the measurement and print one JSON object as the last line."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        video = arguments.video
        if video is None:
            video = Path(folder) / "drawn.mp4"
            write_talking_head(video, arguments.frames)
        context = multiprocessing.get_context("spawn")
        barrier, queue = context.Barrier(arguments.processes), context.Queue()
        shared = (video, arguments, Path(folder), barrier, queue)
        processes = [context.Process(target=_compare_sides, args=(n, *shared)) for n in range(arguments.processes)]
        for process in processes:
            process.start()
        results = [queue.get() for _ in processes]
        for process in processes:
            process.join()
        mesh = _run_face_mesh(arguments, video) if arguments.face_mesh else {}
    if arguments.plot:
        _plot(results[0], arguments.plot)
    print(json.dumps(_summary(results, arguments) | mesh))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("video", type=Path, nargs="?", help="a video; by default a talking head is drawn")
    parser.add_argument("--frames", type=int, default=240, help="number of frames to process")
    parser.add_argument(
        "--processes", type=int, default=len(os.sched_getaffinity(0)), help="number of processes, one thread each"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--detector", default="sparse", choices=sorted(DETECTORS))
    parser.add_argument("--min-face", type=int, default=32, help="smallest face of both sides, in pixels")
    parser.add_argument("--face-mesh", help="the Python of an environment with mediapipe 0.10.21 and av")
    parser.add_argument("--plot", type=Path, help="a PNG with the landmarks of both sides over time")
    return parser.parse_args()


def _compare_sides(number: int, video: Path, arguments: Any, folder: Path, barrier: Barrier, queue: Any) -> None:
    """Measure the seconds and the landmarks of each side in one process."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    settings = CropSettings("similarity", 112, arguments.min_face, THRESHOLDS, 0.2, arguments.device)
    tracking = TrackingSettings(arguments.detector, SURVEY_STEP, 8)
    table, quality = inspect(video, None, 0.02)
    assert table is not None
    count = min(arguments.frames, len(table))
    pixels = list(read_frames(video, range(count), quality.canvas))
    selection = slice(count)
    reader = DecodedFrameReader(
        video,
        table.frame[selection],
        table.time[selection],
        table.change[selection],
        quality.canvas,
        pixels,
    )
    reference = MTCNN(
        keep_all=True, min_face_size=arguments.min_face, thresholds=list(THRESHOLDS), device=arguments.device
    )

    def run_ours() -> list[np.ndarray | None]:
        following = Following(reader, tracking.survey_step, tracking.search(reader, settings))
        faces = [face for _, face in following.first_pass()]
        if not following.is_final:
            faces = [face for _, face in following.second_pass()]
        return [None if face is None else face.landmarks for face in faces]

    def run_reference() -> list[np.ndarray | None]:
        return [reference.detect(frame, landmarks=True)[2] for frame in pixels]

    reference.detect(pixels[0], landmarks=True)
    result: dict[str, Any] = {}
    for side, run in (("ours", run_ours), ("reference", run_reference), ("ours again", run_ours)):
        barrier.wait()
        started = time.perf_counter()
        result[side] = run()
        _synchronise(arguments.device)
        result[f"{side} seconds"] = time.perf_counter() - started
    barrier.wait()
    result["frames"], result["whole"] = count, len(table)
    result["bare seconds"] = min(_time_decoding(video) for _ in range(2))
    decoded = folder / f"decoded{number}"
    decoded.mkdir()
    write_inspection(decoded, video, None, 0.02)
    barrier.wait()
    started = time.perf_counter()
    align_recording(folder / f"aligned{number}", video, decoded, settings, tracking)
    result["align seconds"] = time.perf_counter() - started
    barrier.wait()
    queue.put(result)


def _run_face_mesh(arguments: Any, video: Path) -> dict[str, float]:
    """Run MediaPipe's FaceMesh in as many processes, one on each processor; return frames per second of all."""
    processors = sorted(os.sched_getaffinity(0))
    peers = [
        subprocess.Popen(
            [
                arguments.face_mesh,
                str(Path(__file__).with_name("face_mesh.py")),
                str(video),
                str(arguments.frames),
                str(processors[number % len(processors)]),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for number in range(arguments.processes)
    ]
    for _ in ("networks", "whole"):
        for peer in peers:
            assert peer.stdout is not None
            if peer.stdout.readline() != "ready\n":
                raise SystemExit(f"{arguments.face_mesh}: FaceMesh does not run; it needs mediapipe 0.10.21 and av")
        for peer in peers:
            assert peer.stdin is not None
            peer.stdin.write("\n")
            peer.stdin.flush()
    results = [json.loads(peer.communicate()[0]) for peer in peers]
    return {
        "face_mesh_frames_per_second": round(sum(result["networks"] for result in results), 1),
        "face_mesh_whole_frames_per_second": round(sum(result["whole"] for result in results), 1),
        "face_mesh_coverage": round(results[0]["coverage"], 4),
    }


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _time_decoding(video: Path) -> float:
    started = time.perf_counter()
    with av.open(video) as container:
        container.streams.video[0].thread_type = "NONE"
        for _ in container.decode(video=0):
            pass
    return time.perf_counter() - started


def _landmarks_of_both_sides(result: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the landmarks (frames, 5, 2) of both sides, NaN in frames without a face."""
    ours = np.stack([np.full((5, 2), np.nan) if face is None else face for face in result["ours"]])
    reference = np.stack([_nearest_face(faces, face) for faces, face in zip(result["reference"], ours, strict=True)])
    return ours, reference


def _plot(result: dict[str, Any], path: Path) -> None:
    """Plot the positions of the left eye and the nose over time as both sides detect them."""
    ours, reference = _landmarks_of_both_sides(result)
    figure, axes = pyplot.subplots(4, 1, figsize=(11, 9), sharex=True, layout="constrained")
    lines = [(point, axis) for point in ((0, "left eye"), (2, "nose")) for axis in ((0, "x"), (1, "y"))]
    for plot, ((point, name), (axis, letter)) in zip(axes, lines, strict=True):
        plot.plot(reference[:, point, axis], color="#c44e52", linewidth=1, label="facenet-pytorch, every frame")
        plot.plot(ours[:, point, axis], color="#4c72b0", linewidth=1, label="ours")
        plot.set_ylabel(f"{name}, {letter} (px)")
    axes[0].legend(loc="upper right")
    axes[-1].set_xlabel("frame")
    figure.savefig(path, dpi=110)


def _summary(results: list[dict[str, Any]], arguments: Any) -> dict[str, Any]:
    first = results[0]
    ours, reference = _landmarks_of_both_sides(first)
    eyes = float(np.nanmedian(np.linalg.norm(reference[:, 0] - reference[:, 1], axis=1)))
    seconds = {
        side: float(np.mean([result[f"{side} seconds"] for result in results]))
        for side in ("reference", "bare", "align")
    }
    seconds["ours"] = float(np.mean([min(r["ours seconds"], r["ours again seconds"]) for r in results]))
    speed = {side: first["frames"] * len(results) / seconds[side] for side in ("ours", "reference")}
    speed |= {side: first["whole"] * len(results) / seconds[side] for side in ("bare", "align")}
    return {
        "ratio": round(speed["ours"] / speed["reference"], 2),
        "frames_per_second": round(speed["ours"], 1),
        "reference_frames_per_second": round(speed["reference"], 1),
        "landmark_difference": round(float(np.nanmedian(np.linalg.norm(ours - reference, axis=2))) / eyes, 4),
        "coverage": round(float(np.mean([face is not None for face in first["ours"]])), 4),
        "reference_coverage": round(float(np.mean([faces is not None for faces in first["reference"]])), 4),
        "jitter": round(_jitter(ours) / eyes, 4),
        "reference_jitter": round(_jitter(reference) / eyes, 4),
        "share_of_decode_speed": round(speed["align"] / speed["bare"], 3),
        "align_frames_per_second": round(speed["align"], 1),
        "decode_frames_per_second": round(speed["bare"], 1),
        "frames": first["frames"],
        "processes": len(results),
        "device": arguments.device,
        "detector": arguments.detector,
        "min_face": arguments.min_face,
    }


def _nearest_face(faces: np.ndarray | None, landmarks: np.ndarray) -> np.ndarray:
    """Return the reference face that is nearest to our landmarks, or the first one if we have none."""
    if faces is None:
        return np.full((5, 2), np.nan)
    if np.isnan(landmarks).any():
        return np.asarray(faces[0], float)
    distances = np.linalg.norm(np.asarray(faces, float) - landmarks, axis=2).mean(1)
    return np.asarray(faces[int(np.argmin(distances))], float)


def _jitter(points: np.ndarray) -> float:
    """Return the median length of the second difference in time, in pixels."""
    return float(np.nanmedian(np.linalg.norm(points[2:] - 2 * points[1:-1] + points[:-2], axis=2)))


if __name__ == "__main__":
    main()
