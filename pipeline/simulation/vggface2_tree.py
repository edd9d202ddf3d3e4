"""The simulated identities in VGGFace2's folder tree: loose crops, lists, meta and landmark files.

The number of an image comes from the hash of its bytes, so that equal lists mean equal images: later stages depend on
the list and not on the images.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.simulation.appearance import change_scene, draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import expressions, processes
from pipeline.simulation.random_streams import random_stream

FIRST_NUMBERS = {"train": 2, "test": 100001}  # the number of the first identity of each part
TRAIN_PER_TEST = 8  # identities of the training part for each identity of the test part
NAMES = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple", "Rowan", "Willow")


@dataclass(frozen=True)
class SimulatedIdentity:
    """An identity to draw: everything that determines its images, and their folder."""

    root: Path
    part: str
    number: int
    images: int
    seed: int

    @property
    def name(self) -> str:
        """The name of the identity in VGGFace2, for example n000002."""
        return f"n{self.number:06d}"


@dataclass(frozen=True)
class SimulatedImage:
    """A drawn image: file name without .jpg, box of the face (x, y, width, height) and five landmarks, in pixels."""

    name: str
    box: tuple[int, int, int, int]
    landmarks: tuple[float, ...]


def simulated_identities(root: Path, seed: int, identities: int, images: int) -> list[SimulatedIdentity]:
    """List the identities of both parts."""
    counts = {"train": identities, "test": max(identities // TRAIN_PER_TEST, 1)}
    return [
        SimulatedIdentity(root, part, FIRST_NUMBERS[part] + offset, images, seed)
        for part, count in counts.items()
        for offset in range(count)
    ]


def write_images(identity: SimulatedIdentity) -> list[SimulatedImage]:
    """Draw the images of one identity as JPEG files, and return them sorted by name."""
    cv2.setNumThreads(1)
    folder = identity.root / identity.part / identity.name
    folder.mkdir(parents=True, exist_ok=True)
    appearance = draw_appearance(random_stream(identity.seed, "identity", identity.number))
    numbers: set[int] = set()
    portraits = []
    for image in range(identity.images):
        random = random_stream(identity.seed, "portrait", identity.number, image)
        size = int(random.integers(64, 90)) * 2
        unit = size * random.uniform(0.30, 0.36)
        middle = size * random.uniform(0.47, 0.53, 2)
        pose = FacePose(x=middle[0], y=middle[1], unit=unit, tilt=random.uniform(-12, 12))
        expression = expressions(processes(random, 1, 1.0, 1.0))[0]
        picture, landmarks = draw_frame(change_scene(appearance, random), expression, pose, size, size, random)
        data = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 92))[1].tobytes()
        number = int.from_bytes(hashlib.sha256(data).digest()[:4], "big") % 9999 + 1
        while number in numbers:
            number = number % 9999 + 1
        numbers.add(number)
        name = f"{number:04d}_01"
        (folder / f"{name}.jpg").write_bytes(data)
        corner = np.round(middle - unit * np.array([appearance.width, 1])).astype(int).tolist()
        box = (corner[0], corner[1], round(2 * unit * appearance.width), round(2 * unit))
        portraits.append(SimulatedImage(name, box, tuple(np.round(landmarks, 3).ravel().tolist())))
    return sorted(portraits, key=lambda portrait: portrait.name)


def write_tables(root: Path, images: dict[SimulatedIdentity, list[SimulatedImage]]) -> None:
    """Write the lists, `identity_meta.csv` and the box and landmark files of both parts."""
    (root / "bb_landmark").mkdir(parents=True, exist_ok=True)
    meta = ["Class_ID, Name, Sample_Num, Flag, Gender"]
    for identity, portraits in sorted(images.items(), key=lambda item: item[0].name):
        full_name = f"{NAMES[identity.number % len(NAMES)]}_{identity.number}"
        flag, gender = int(identity.part == "train"), "fm"[identity.number % 2]
        meta.append(f'{identity.name}, "{full_name}", {len(portraits)}, {flag}, {gender}')
    (root / "identity_meta.csv").write_text("\n".join(meta) + "\n", encoding="utf-8")
    for part in FIRST_NUMBERS:
        rows = [
            (f"{identity.name}/{image.name}", image)
            for identity, portraits in images.items()
            if identity.part == part
            for image in portraits
        ]
        (root / f"{part}_list.txt").write_text("".join(f"{name}.jpg\n" for name, _ in rows), encoding="utf-8")
        points = [f"P{number}{axis}" for number in range(1, 6) for axis in "XY"]
        _write_table(
            root / f"bb_landmark/loose_bb_{part}.csv", ["X", "Y", "W", "H"], [(name, image.box) for name, image in rows]
        )
        _write_table(
            root / f"bb_landmark/loose_landmark_{part}.csv", points, [(name, image.landmarks) for name, image in rows]
        )


def _write_table(path: Path, columns: list[str], rows: list[tuple[str, tuple[float, ...]]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["NAME_ID", *columns])
        writer.writerows([name, *values] for name, values in rows)
