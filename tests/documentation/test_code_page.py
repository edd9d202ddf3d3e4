"""The page of rooms names every module of the library, and nothing that does not exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "pipeline"
PAGE = (ROOT / "docs/reference/code.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(.+?)`.*? \| (.*) \|$", re.MULTILINE)


def _section(heading: str) -> dict[str, str]:
    """Return the second cell of each row of the table below a heading, by the path in the first."""
    return dict(ROW.findall(PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]))


REPOSITORY, ROWS = _section("Layout of the repository"), _section("The library")
ROOMS = {path: content for path, content in ROWS.items() if path.endswith("/")}


def test_every_room_is_named() -> None:
    folders = {f"{path.name}/" for path in LIBRARY.glob("*/") if any(path.glob("*.py"))}
    assert folders - ROOMS.keys() == {"commands/"}  # beside cli.py
    assert {path for path in ROWS if not (LIBRARY / path).exists()} == set()
    assert {path for path in REPOSITORY if not (ROOT / path).exists()} == set()


def test_every_module_beside_the_rooms_is_named() -> None:
    named = {*ROWS, *re.findall("`(.+?)`", "".join(ROWS.values()))}
    assert {path.name for path in LIBRARY.glob("*.py")} - named == {"__init__.py"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_names_its_modules(room: str) -> None:
    modules = {path.stem for path in (LIBRARY / room).glob("*.py")} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", ROOMS[room])) == modules
