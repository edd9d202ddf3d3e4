"""Speed of aligning identity images on one core, with published landmarks and with the detector; cost for VGGFace2.

The images are drawn, 250 to 400 pixels a side, and stored as JPEG. Both methods read, align and write the same files in
turns. Hours are those of one core at the measured rate; gigabytes are those of the written groups.

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
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import expressions, processes
from pipeline.zarr_store import read_array

VGGFACE2 = 3_310_000  # images of both parts
SIDES = (250, 400)  # pixels
SETTINGS = CropSettings("similarity", 112, 32, (0.6, 0.7, 0.7), 0.2, "cpu")


def main() -> None:
    """Draw the images, align them with both methods, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3, help="number of turns; the best of each method counts")
    parser.add_argument("--images", type=int, default=96)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        published = _draw_images(Path(folder) / "images", arguments.images)
        methods = {"published": published, "detected": [replace(image, landmarks=None) for image in published]}
        seconds = dict.fromkeys(methods, float("inf"))
        for turn in range(arguments.turns):
            for method, images in methods.items():
                group = Path(folder) / f"{method}_{turn}"
                start = time.perf_counter()
                align_images(group, images, SETTINGS)
                seconds[method] = min(seconds[method], time.perf_counter() - start)
        origin = {method: read_array(Path(folder) / f"{method}_0", "origin") for method in methods}
        assert np.all(origin["published"] == ORIGINS["published"]), "an image lost its published landmarks"
        written_bytes = [file.stat().st_size for file in (Path(folder) / "published_0").rglob("*") if file.is_file()]
        jpeg_bytes = [image.path.stat().st_size for image in published]
    rates = {method: arguments.images / duration for method, duration in seconds.items()}
    result = {
        "images": arguments.images,
        "published_images_per_second": round(rates["published"], 1),
        "detected_images_per_second": round(rates["detected"], 1),
        "faces_detected": round(float(np.mean(origin["detected"] == ORIGINS["detected"])), 4),
        "vggface2_images": VGGFACE2,
        "vggface2_core_hours_published": round(VGGFACE2 / rates["published"] / 3600, 2),
        "vggface2_core_hours_detected": round(VGGFACE2 / rates["detected"] / 3600, 1),
        "vggface2_gigabytes_written": round(VGGFACE2 * sum(written_bytes) / arguments.images / 1e9, 1),
        "mean_jpeg_kilobytes": round(sum(jpeg_bytes) / arguments.images / 1e3, 1),
    }
    print(json.dumps(result))


def _draw_images(folder: Path, count: int) -> list[FaceImage]:
    """Draw one image each of `count` people, cropped as loosely as VGGFace2's, with landmarks."""
    folder.mkdir()
    images = []
    for number in range(count):
        random = np.random.default_rng(number)
        width, height = random.integers(SIDES[0], SIDES[1] + 1, 2).tolist()
        placement = FacePose(width / 2, height / 2, min(width, height) * random.uniform(0.30, 0.36))
        expression = expressions(processes(random, 1, 1.0, 1.0))[0]
        image, landmarks = draw_frame(draw_appearance(random), expression, placement, width, height, random)
        path = folder / f"{number:04d}.jpg"
        cv2.imwrite(str(path), image[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 92))
        images.append(FaceImage(path, landmarks))
    return images


if __name__ == "__main__":
    main()
