"""The simulated identities in VGGFace2's tree: loose crops, lists, meta and landmark files.

An image's number comes from the hash of its bytes, so that an equal list means equal images: the list is what later
stages depend on.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.simulation.appearance import another_day, draw_appearance
from pipeline.simulation.drawing import Placement, draw_frame
from pipeline.simulation.motion import expressions, processes
from pipeline.simulation.random_streams import random_stream

FIRST = {"train": 2, "test": 100001}  # the number of the first identity of each part
TESTED = 8  # one identity of the test part for so many of the training part
NAMES = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple", "Rowan", "Willow")


@dataclass(frozen=True)
class SimulatedIdentity:
    """One identity to draw: everything its images depend on, and where they go."""

    root: Path
    part: str
    number: int
    images: int
    seed: int

    @property
    def name(self) -> str:
        """The identity as VGGFace2 names it."""
        return f"n{self.number:06d}"


@dataclass(frozen=True)
class SimulatedImage:
    """One image that was drawn: its file's name, the box of its face and its five landmarks, in pixels."""

    name: str
    box: tuple[int, int, int, int]
    landmarks: tuple[float, ...]


def simulated_identities(root: Path, seed: int, identities: int, images: int) -> list[SimulatedIdentity]:
    """The identities of both parts."""
    counts = {"train": identities, "test": max(identities // TESTED, 1)}
    return [
        SimulatedIdentity(root, part, FIRST[part] + offset, images, seed)
        for part, count in counts.items()
        for offset in range(count)
    ]


def write_images(person: SimulatedIdentity) -> list[SimulatedImage]:
    """Draw the images of one identity as JPEG files, and return them sorted by name."""
    cv2.setNumThreads(1)
    folder = person.root / person.part / person.name
    folder.mkdir(parents=True, exist_ok=True)
    look = draw_appearance(random_stream(person.seed, "identity", person.number))
    taken: set[int] = set()
    portraits = []
    for image in range(person.images):
        random = random_stream(person.seed, "portrait", person.number, image)
        size = int(random.integers(64, 90)) * 2
        unit = size * random.uniform(0.30, 0.36)
        middle = size * random.uniform(0.47, 0.53, 2)
        rest = Placement(x=middle[0], y=middle[1], unit=unit, tilt=random.uniform(-12, 12))
        expression = expressions(processes(random, 1, 1.0, 1.0))[0]
        picture, landmarks = draw_frame(another_day(look, random), expression, rest, size, size, random)
        data = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 92))[1].tobytes()
        number = int.from_bytes(hashlib.sha256(data).digest()[:4], "big") % 9999 + 1
        while number in taken:
            number = number % 9999 + 1
        taken.add(number)
        name = f"{number:04d}_01"
        (folder / f"{name}.jpg").write_bytes(data)
        corner = np.round(middle - unit * np.array([look.width, 1])).astype(int).tolist()
        box = (corner[0], corner[1], round(2 * unit * look.width), round(2 * unit))
        portraits.append(SimulatedImage(name, box, tuple(np.round(landmarks, 3).ravel().tolist())))
    return sorted(portraits, key=lambda portrait: portrait.name)


def write_tables(root: Path, drawn: dict[SimulatedIdentity, list[SimulatedImage]]) -> None:
    """Write the lists, `identity_meta.csv` and the box and landmark files of both parts."""
    (root / "bb_landmark").mkdir(parents=True, exist_ok=True)
    meta = ["Class_ID, Name, Sample_Num, Flag, Gender"]
    for person, portraits in sorted(drawn.items(), key=lambda item: item[0].name):
        called = f"{NAMES[person.number % len(NAMES)]}_{person.number}"
        flag, gender = int(person.part == "train"), "fm"[person.number % 2]
        meta.append(f'{person.name}, "{called}", {len(portraits)}, {flag}, {gender}')
    (root / "identity_meta.csv").write_text("\n".join(meta) + "\n", encoding="utf-8")
    for part in FIRST:
        rows = [(f"{person.name}/{p.name}", p) for person, found in drawn.items() if person.part == part for p in found]
        (root / f"{part}_list.txt").write_text("".join(f"{name}.jpg\n" for name, _ in rows), encoding="utf-8")
        points = [f"P{number}{axis}" for number in range(1, 6) for axis in "XY"]
        _write_table(root / f"bb_landmark/loose_bb_{part}.csv", ["X", "Y", "W", "H"], [(n, p.box) for n, p in rows])
        _write_table(root / f"bb_landmark/loose_landmark_{part}.csv", points, [(n, p.landmarks) for n, p in rows])


def _write_table(path: Path, columns: list[str], rows: list[tuple[str, tuple[float, ...]]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream_:
        writer = csv.writer(stream_, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["NAME_ID", *columns])
        writer.writerows([name, *values] for name, values in rows)
