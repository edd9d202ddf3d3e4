"""Image lists and landmarks in VGGFace2's format, and image lists of any folder tree `identity/image.jpg`."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

EXTENSIONS = (".jpg", ".jpeg", ".png")
LANDMARK_FILES = {"train_list.txt": "loose_landmark_train.csv", "test_list.txt": "loose_landmark_test.csv"}
POINT_COLUMNS = [f"P{number}{axis}" for number in range(1, 6) for axis in "XY"]


class ImageListError(ValueError):
    """An image list or landmark file cannot be used; the message names every wrong line."""


def read_list(path: Path) -> list[str]:
    """Read a list with one `identity/image.jpg` on each line.

    Raises:
        ImageListError: if there is no such file, or lines are wrong or occur twice; the message names all of them.
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
        if len(parts) != 2 or not all(parts) or ".." in parts or Path(entry).suffix.lower() not in EXTENSIONS:
            problems.append(f"  line {number}: {entry!r}; allowed: identity/image with {', '.join(EXTENSIONS)}")
        elif entry in entries:
            problems.append(f"  line {number}: {entry!r} is in line {entries[entry]} as well; allowed: once")
        entries.setdefault(entry, number)
    if not entries:
        problems.append("  no lines; allowed: one identity/image.jpg on each line")
    if problems:
        raise ImageListError(f"{path}: {len(problems)} problems\n" + "\n".join(problems))
    return list(entries)


def list_identities(entries: list[str]) -> list[str]:
    """Return the identities of an image list in the order of their first occurrence; class k is the k-th of them."""
    return list(dict.fromkeys(entry.split("/")[0] for entry in entries))


def read_landmarks(list_path: Path) -> dict[str, Float[np.ndarray, "5 2"]] | None:
    """Read the published landmarks of the images of a list, in pixels (x, y) of each loose crop.

    The file lies in `bb_landmark/` in the folder of the list or in its parent folder (the list may lie in `meta/`).

    Returns:
        Five points for each `identity/image` without `.jpg`, or None if there is no such file.

    Raises:
        ImageListError: if the published columns are missing.
    """
    name = LANDMARK_FILES.get(list_path.name)
    candidates = [folder / "bb_landmark" / name for folder in list_path.resolve().parents[:2]] if name else []
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        return None
    table = pd.read_csv(path, skipinitialspace=True, dtype={"NAME_ID": str})
    missing = [column for column in ("NAME_ID", *POINT_COLUMNS) if column not in table.columns]
    if missing:
        raise ImageListError(f"{path}: no column {', '.join(missing)}; found: {', '.join(table.columns)}")
    points = table[POINT_COLUMNS].to_numpy(np.float64).reshape(-1, 5, 2)
    return dict(zip(table["NAME_ID"].str.strip(), points, strict=True))


def find_images(root: Path) -> list[str]:
    """Return the sorted lines of a list of all images in a folder tree `identity/image`.

    Raises:
        ImageListError: if there are none.
    """
    paths = sorted(path for path in root.glob("*/*") if path.suffix.lower() in EXTENSIONS and path.is_file())
    if not paths:
        raise ImageListError(
            f"{root}: no image; allowed: folders of {', '.join(EXTENSIONS)}, one folder for each identity"
        )
    return [path.relative_to(root).as_posix() for path in paths]
