"""The page of rooms names every module of the library, and nothing that does not exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| `(.+?)`.*? \| (.*) \|$", (ROOT / "docs/reference/code.md").read_text(encoding="utf-8"), re.MULTILINE
)
ROOMS = {path: content for path, content in ROWS if re.fullmatch(r"pipeline/\w+/", path)}


def test_every_room_is_named() -> None:
    folders = {f"{path.relative_to(ROOT)}/" for path in (ROOT / "pipeline").glob("*/") if any(path.glob("*.py"))}
    assert folders - ROOMS.keys() == {"pipeline/commands/"}  # beside pipeline/cli.py
    assert {path for path, _ in ROWS if not (ROOT / path).exists()} == set()


def test_every_module_beside_the_rooms_is_named() -> None:
    text = "".join(f"`{path}` {content}" for path, content in ROWS)
    modules = {path.name for path in (ROOT / "pipeline").glob("*.py")} - {"__init__.py"}
    assert {name for name in modules if not re.search(rf"[`/]{re.escape(name)}`", text)} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_names_its_modules(room: str) -> None:
    modules = {path.stem for path in (ROOT / room).glob("*.py")} - {"__init__"}
    named = set(re.findall(r"`(\w+)`", ROOMS[room]))
    assert modules - named == set()
    assert named - modules == set()
