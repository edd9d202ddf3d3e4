"""VGGFace2's lists and landmarks, and such a list for any tree of folders `identity/image.jpg`."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

IMAGES = (".jpg", ".jpeg", ".png")
LANDMARKS = {"train_list.txt": "loose_landmark_train.csv", "test_list.txt": "loose_landmark_test.csv"}
POINTS = [f"P{number}{axis}" for number in range(1, 6) for axis in "XY"]


class ImageListError(ValueError):
    """An identity list cannot be used; the message names every line that is wrong."""


def read_list(path: Path) -> list[str]:
    """Read a list with one `identity/image.jpg` a line.

    Raises:
        ListError: naming the file and each line that is wrong, or that occurs twice.
    """
    if not path.is_file():
        raise ImageListError(f"identities.list: {path}: no such file; `msn identities ROOT` writes one")
    entries: dict[str, int] = {}
    problems = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        entry = line.strip()
        parts = entry.split("/")
        if not entry:
            continue
        if len(parts) != 2 or not all(parts) or ".." in parts or Path(entry).suffix.lower() not in IMAGES:
            problems.append(f"  line {number}: {entry!r}; allowed: identity/image with {', '.join(IMAGES)}")
        elif entry in entries:
            problems.append(f"  line {number}: {entry!r} stands in line {entries[entry]} as well; allowed: once")
        entries.setdefault(entry, number)
    if not entries:
        problems.append("  no line; allowed: one identity/image.jpg a line")
    if problems:
        raise ImageListError(f"{path}: {len(problems)} problems\n" + "\n".join(problems))
    return list(entries)


def classes_of(entries: list[str]) -> list[str]:
    """The identities of a list, in the order of their first appearance: label k is the k-th of them."""
    return list(dict.fromkeys(entry.split("/")[0] for entry in entries))


def read_landmarks(list_path: Path) -> dict[str, Float[np.ndarray, "5 2"]] | None:
    """The published landmarks that lie beside a list, in pixels (x, y) of each loose crop.

    Looked for in `bb_landmark/` in the folder of the list and in the one above it (the list may lie in `meta/`).

    Returns:
        Five points for each `identity/image` without `.jpg`, or None where there is no such file.

    Raises:
        ListError: where the file has other columns than the published ones.
    """
    name = LANDMARKS.get(list_path.name)
    places = [folder / "bb_landmark" / name for folder in list_path.resolve().parents[:2]] if name else []
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return None
    table = pd.read_csv(path, skipinitialspace=True, dtype={"NAME_ID": str})
    missing = [column for column in ("NAME_ID", *POINTS) if column not in table.columns]
    if missing:
        raise ImageListError(f"{path}: no column {', '.join(missing)}; found: {', '.join(table.columns)}")
    points = table[POINTS].to_numpy(np.float64).reshape(-1, 5, 2)
    return dict(zip(table["NAME_ID"].str.strip(), points, strict=True))


def find_images(root: Path) -> list[str]:
    """The lines of a list for all images in a tree of folders `identity/image`, sorted.

    Raises:
        ListError: where there is none.
    """
    found = sorted(path for path in root.glob("*/*") if path.suffix.lower() in IMAGES and path.is_file())
    if not found:
        raise ImageListError(f"{root}: no image; allowed: folders of {', '.join(IMAGES)}, one folder an identity")
    return [path.relative_to(root).as_posix() for path in found]
