"""Aligning identity images on one core: with published landmarks, and with the detector; what all of VGGFace2 costs.

The images are drawn, 250 to 400 pixels a side, and stored as JPEG. Both ways read, align and write the same files, turn
by turn. Hours are of one core at the measured rate; gigabytes are of the groups written.

    python -m benchmarks.identities [--turns 3] [--images 96]

The last line is one JSON object.
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.identities.face_images import FaceImage, align_images
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import Placement, draw_frame
from pipeline.simulation.motion import expressions, processes
from pipeline.zarr_store import read_array

VGGFACE2 = 3_310_000  # images of both parts
SIDES = (250, 400)  # pixels
SETTINGS = CropSettings("similarity", 112, 32, (0.6, 0.7, 0.7), 0.2, "cpu")


def main() -> None:
    """Draw the images, align them both ways, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3, help="the best of so many is taken of each way")
    parser.add_argument("--images", type=int, default=96)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        published = _drawn(Path(folder) / "images", arguments.images)
        ways = {"published": published, "detected": [replace(portrait, landmarks=None) for portrait in published]}
        seconds = dict.fromkeys(ways, float("inf"))
        for turn in range(arguments.turns):
            for way, portraits in ways.items():
                group = Path(folder) / f"{way}_{turn}"
                began = time.perf_counter()
                align_images(group, portraits, SETTINGS)
                seconds[way] = min(seconds[way], time.perf_counter() - began)
        origin = {way: read_array(Path(folder) / f"{way}_0", "origin") for way in ways}
        assert np.all(origin["published"] == ORIGINS["published"]), "an image lost its published landmarks"
        written = [file.stat().st_size for file in (Path(folder) / "published_0").rglob("*") if file.is_file()]
        read = [portrait.path.stat().st_size for portrait in published]
    rates = {way: arguments.images / spent for way, spent in seconds.items()}
    result = {
        "images": arguments.images,
        "published_images_per_second": round(rates["published"], 1),
        "detected_images_per_second": round(rates["detected"], 1),
        "faces_detected": round(float(np.mean(origin["detected"] == ORIGINS["detected"])), 4),
        "vggface2_images": VGGFACE2,
        "vggface2_core_hours_published": round(VGGFACE2 / rates["published"] / 3600, 2),
        "vggface2_core_hours_detected": round(VGGFACE2 / rates["detected"] / 3600, 1),
        "vggface2_gigabytes_written": round(VGGFACE2 * sum(written) / arguments.images / 1e9, 1),
        "mean_jpeg_kilobytes": round(sum(read) / arguments.images / 1e3, 1),
    }
    print(json.dumps(result))


def _drawn(folder: Path, count: int) -> list[FaceImage]:
    """Draw portraits of as many people, as VGGFace2's loose crops show them, with their landmarks."""
    folder.mkdir()
    portraits = []
    for number in range(count):
        random = np.random.default_rng(number)
        width, height = random.integers(SIDES[0], SIDES[1] + 1, 2).tolist()
        place = Placement(width / 2, height / 2, min(width, height) * random.uniform(0.30, 0.36))
        expression = expressions(processes(random, 1, 1.0, 1.0))[0]
        picture, landmarks = draw_frame(draw_appearance(random), expression, place, width, height, random)
        path = folder / f"{number:04d}.jpg"
        cv2.imwrite(str(path), picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 92))
        portraits.append(FaceImage(path, landmarks))
    return portraits


if __name__ == "__main__":
    main()
