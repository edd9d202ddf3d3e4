"""The pages of the library's modules, whose text mkdocstrings takes from the docstrings."""

import ast
from collections.abc import Iterable
from pathlib import Path

LIBRARY = Path("pipeline")


def api_pages() -> dict[str, str]:
    """Return a page for each room of the library, and the page `pipeline` for the files beside the rooms, by name."""
    rooms = sorted(path.parent for path in LIBRARY.glob("*/__init__.py"))
    return {"pipeline": _page(LIBRARY, LIBRARY.glob("*.py"))} | {
        room.name: _page(room, room.rglob("*.py")) for room in rooms
    }


def _page(room: Path, files: Iterable[Path]) -> str:
    modules = [".".join(file.with_suffix("").parts) for file in sorted(files) if _says_something(file)]
    title = ".".join(room.parts)
    return f"# {title}\n\n" + "\n\n".join(f"::: {module}" for module in modules) + "\n"


def _says_something(file: Path) -> bool:
    if file.stem == "__init__":  # no module of its own
        return False
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) is not None
