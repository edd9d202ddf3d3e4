"""MediaPipe's FaceMesh as a peer of align: run by the Python of an environment that has mediapipe and av alone.

    python benchmarks/face_mesh.py VIDEO FRAMES PROCESSOR

It uses one processor. Before each of its two measurements it prints "ready" and waits for a line, so that several
processes begin together. Its last line is one JSON object: frames per second of the networks on decoded frames, of
decoding and networks together (`whole`), and the share of frames with a face.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import av


def main(video: str, frames: int, processor: int) -> None:
    """Measure both sides in turn."""
    os.sched_setaffinity(0, {processor})  # before FaceMesh starts its threads, which keep it
    from mediapipe.python.solutions.face_mesh import FaceMesh  # type: ignore[import-not-found]

    pictures = [picture for picture, _ in zip(_read(video), range(frames), strict=False)]
    with FaceMesh(static_image_mode=False, max_num_faces=1) as mesh:
        for picture in pictures[:8]:
            mesh.process(picture)  # loads the models
        seconds, faces = _measure(mesh, pictures)
        whole, _ = _measure(mesh, _read(video))
    count = len(pictures)
    result = {"networks": count / seconds, "whole": sum(1 for _ in _read(video)) / whole, "coverage": faces / count}
    print(json.dumps(result), flush=True)


def _measure(mesh: Any, pictures: Any) -> tuple[float, int]:
    """Return the seconds for all pictures, and the number of those with a face."""
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    faces = sum(mesh.process(picture).multi_face_landmarks is not None for picture in pictures)
    return time.perf_counter() - started, faces


def _read(video: str) -> Iterator[Any]:
    with av.open(video) as container:
        container.streams.video[0].thread_type = "NONE"
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
