"""Image lists and landmarks in VGGFace2's format, and image lists of any folder tree `identity/image.jpg`."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from pipeline.hidden_files import is_hidden, is_hidden_name
from pipeline.name_list import MAX_NAMED, list_names
from pipeline.name_twins import name_twin_errors
from pipeline.records.cells import parse_number
from pipeline.records.tables import read_rows
from pipeline.records.text import lines_of, read_text
from pipeline.runtime.visible import visible

EXTENSIONS = (".jpg", ".jpeg", ".png")
LANDMARK_FILES = {"train_list.txt": "loose_landmark_train.csv", "test_list.txt": "loose_landmark_test.csv"}
POINT_COLUMNS = [f"P{number}{axis}" for number in range(1, 6) for axis in "XY"]
ENTRY_RULE = f"identity/image with {', '.join(EXTENSIONS)}; printable, not hidden, no blanks at the ends"


class ImageListError(ValueError):
    """An image list or landmark file cannot be used; the message names every wrong line."""


def read_list(path: Path) -> list[str]:
    """Read a list with one `identity/image.jpg` on each line.

    Raises:
        ImageListError: if there is no such file, or lines are wrong or occur twice; the message names all of them.
        ValueError: if the file is not text; the message names it.
    """
    if not path.is_file():
        raise ImageListError(f"identities.list: {path}: no such file; `msn identities ROOT` writes one")
    entries: dict[str, int] = {}
    problems = []
    for number, line in enumerate(lines_of(read_text(path)), start=1):
        entry = line.strip()
        if not entry:
            continue
        if not _is_entry(entry):
            problems.append(f"  line {number}: {entry!r}; allowed: {ENTRY_RULE}")
        elif entry in entries:
            problems.append(f"  line {number}: {entry!r} is in line {entries[entry]} as well; allowed: once")
        entries.setdefault(entry, number)
    if not entries:
        problems.append("  no lines; allowed: one identity/image.jpg on each line")
    problems += [f"  {error}" for error in name_twin_errors("identities", list_identities(list(entries)))]
    if problems:
        raise ImageListError(f"{path}: {len(problems)} problems\n" + "\n".join(problems))
    return list(entries)


def _is_entry(text: str) -> bool:
    """Whether a line of a list names an image; see ENTRY_RULE."""
    parts = text.split("/")
    return (
        len(parts) == 2
        and all(parts)
        and text.isprintable()
        and text == text.strip()
        and text.lower().endswith(EXTENSIONS)
        and not any(map(is_hidden_name, parts))
    )


def list_identities(entries: list[str]) -> list[str]:
    """Return the identities of an image list in the order of their first occurrence; class k is the k-th of them."""
    return list(dict.fromkeys(entry.split("/")[0] for entry in entries))


def read_landmarks(list_path: Path) -> dict[str, Float[np.ndarray, "5 2"]] | None:
    """Read the published landmarks of the images of a list, in pixels (x, y) of each loose crop.

    The file lies in `bb_landmark/` in the folder of the list or in its parent folder (the list may lie in `meta/`).

    Returns:
        Five points for each `identity/image` without `.jpg`, or None if there is no such file.

    Raises:
        ImageListError: if the published columns are missing, or rows are not five points of one image; the message
            names them.
    """
    name = LANDMARK_FILES.get(list_path.name)
    candidates = [folder / "bb_landmark" / name for folder in list_path.resolve().parents[:2]] if name else []
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    try:
        return None if path is None else _read_points(path)
    except ValueError as error:
        raise ImageListError(str(error)) from None


def _read_points(path: Path) -> dict[str, Float[np.ndarray, "5 2"]]:
    """Read a table of landmarks; see `read_landmarks`."""
    points: dict[str, Float[np.ndarray, "5 2"]] = {}
    problems = []
    for number, row in read_rows(path, ("NAME_ID", *POINT_COLUMNS)):
        name = row["NAME_ID"].strip()
        try:
            if name in points:
                raise ValueError("a second row of this image; allowed: one")
            points[name] = _five_points(name, row)
        except ValueError as error:
            problems.append(f"  row {number}: {visible(name)}: {error}")
    if problems:
        raise ValueError(
            f"{path}: {len(problems)} rows are not five points of one image; correct them, or remove them: without a "
            "row the face of the image is detected\n" + "\n".join(problems[:MAX_NAMED])
        )
    return points


def _five_points(name: str, row: dict[str, str]) -> Float[np.ndarray, "5 2"]:
    """Return the landmarks in a row of the image `name`; the message of the ValueError says what is wrong with it."""
    parts = name.split("/")
    if len(parts) != 2 or not all(parts) or name.lower().endswith(EXTENSIONS):
        raise ValueError("NAME_ID names no image; allowed: identity/image, without .jpg")
    points = np.array([parse_number(row[column].strip()) for column in POINT_COLUMNS]).reshape(5, 2)
    if len(np.unique(points, axis=0)) < len(points):
        raise ValueError("points coincide; allowed: five different ones")
    return points


def find_images(root: Path) -> list[str]:
    """Return the sorted lines of a list of all images in a folder tree `identity/image`; hidden ones are left out.

    Raises:
        ImageListError: if there are none, or some have names that no line of a list can hold.
    """
    paths = sorted(
        path
        for path in root.glob("*/*")
        if path.suffix.lower() in EXTENSIONS and not is_hidden(path, root) and path.is_file()
    )
    if not paths:
        raise ImageListError(
            f"{root}: no image; allowed: folders of {', '.join(EXTENSIONS)}, one folder for each identity"
        )
    entries = [path.relative_to(root).as_posix() for path in paths]
    if wrong := [ascii(entry) for entry in entries if not _is_entry(entry)]:
        raise ImageListError(f"{root}: rename {list_names(wrong)}; allowed: {ENTRY_RULE}")
    return entries
