"""The gallery shows every figure that the code draws, and its table, page and images agree."""

import ast
import re
from pathlib import Path

import pytest
from PIL import Image

from documentation.gallery_entries import (
    EXPERIMENTS,
    IMAGES,
    MAX_BYTES,
    PAGE,
    PICTURES,
    READING,
    SCREENSHOTS,
    TEXTS,
    Picture,
    Screenshot,
)
from tests.documentation.pages import ROOT, code_blocks

SHOWN = re.compile(r"!\[([^\]]*)\]\((?:\.\./gallery/)?images/([\w-]+)\.png\)")
WRITERS = {"write_png", "savefig", "imwrite", "write_overlay", "write_figure6"}
INDIRECT = {  # modules that call a writer without drawing: the drawing module has the entry
    "png.py",
    "report/power.py",  # the figure of a power analysis, inside the report
    "report/sections.py",  # study figures, inside the report
    "report/subjects.py",  # the flow of recordings, inside the report
}
ENTRIES: tuple[Picture | Screenshot, ...] = (*PICTURES, *SCREENSHOTS)
COMMANDS = [
    *(entry.command for entry in ENTRIES),
    *(text.command for text in TEXTS),
    *(experiment.command for experiment in EXPERIMENTS),
]
IMAGE_NAMES = {entry.image for entry in ENTRIES}


def _text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _bash(path: Path) -> set[str]:
    """Return the lines of the blocks of bash."""
    blocks = [block.text for block in code_blocks(ROOT / path) if block.language == "bash"]
    return {line for block in blocks for line in block.splitlines()}


def _drawing_modules() -> set[str]:
    """Return the modules of the library that call or define what writes a picture or a video."""
    modules = set()
    for path in (ROOT / "pipeline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            else:
                name = node.name if isinstance(node, ast.FunctionDef) else ""
            if name in WRITERS or (isinstance(node, ast.Call) and name == "png_bytes"):
                modules.add(path.relative_to(ROOT / "pipeline").as_posix())
    return modules


def test_every_module_that_draws_has_an_entry() -> None:
    assert {"scoring/plot_scatter.py", "predicting/overlay.py", "png.py", "report/sections.py"} <= _drawing_modules()
    assert _drawing_modules() == INDIRECT | {module for picture in PICTURES for module in picture.drawn_by}


def test_the_pages_show_the_images_of_the_table_and_no_others() -> None:
    shown = {name for page in (PAGE, READING) for _, name in SHOWN.findall(_text(page))}
    assert shown == IMAGE_NAMES
    assert {path.stem for path in (ROOT / IMAGES).iterdir()} == IMAGE_NAMES


def test_the_gallery_shows_all_images_but_bad_examples() -> None:
    shown = [name for _, name in SHOWN.findall(_text(PAGE))]
    assert sorted(shown) == sorted(name for name in IMAGE_NAMES if not name.startswith("bad-"))


@pytest.mark.parametrize("page", [PAGE, READING], ids=lambda path: path.stem)
def test_every_image_has_a_text_for_those_who_do_not_see_it(page: Path) -> None:
    texts = SHOWN.findall(_text(page))
    assert texts
    assert [name for text, name in texts if len(text) < 10] == []


def test_every_command_of_the_table_is_on_a_page() -> None:
    assert set(COMMANDS) - (_bash(PAGE) | _bash(READING)) == set()
    assert {entry.command for entry in ENTRIES if not entry.image.startswith("bad-")} - _bash(PAGE) == set()


def test_printed_text_follows_its_command() -> None:
    for text in TEXTS:
        block = re.search(rf"```bash\n{re.escape(text.command)}\n```\n\n```text\n(.+?)```", _text(PAGE), re.DOTALL)
        assert block, f"{text.command}: no text below it; python -m documentation.gallery writes it"


def test_experiments_of_entries_are_in_the_table() -> None:
    assert {picture.experiment for picture in PICTURES} - {""} <= {experiment.name for experiment in EXPERIMENTS}


def test_the_images_are_small() -> None:
    paths = list((ROOT / IMAGES).glob("*.png"))
    assert sum(path.stat().st_size for path in paths) <= MAX_BYTES
    for path in paths:
        with Image.open(path) as image:
            assert image.width <= 1400, path
