"""Beside every table and figure of the report stands how to read it, and its words have one place."""

import ast
import re
from pathlib import Path

import pytest

from pipeline.report import agreement, scores
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.page import render
from pipeline.report.reading import PAGE, Reading, readings
from tests.pipeline.experiments.material import ROOT
from tests.pipeline.report.browser import measure_layout

POSITION = {"Table": 4, "Picture": 3}  # of the argument `reading`
PIXEL = b"\x89PNG"


def _blocks() -> list[tuple[str, ast.expr | None]]:
    """Return the place, and the argument `reading`, of every call that makes a table or a picture of the report."""
    found: list[tuple[str, ast.expr | None]] = []
    for path in sorted((ROOT / "pipeline/report").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in POSITION:
                named = [keyword.value for keyword in node.keywords if keyword.arg == "reading"]
                given = [*named, *node.args[POSITION[node.func.id] :]]
                found.append((f"{path.name}:{node.lineno}", given[0] if given else None))
    return found


def test_every_table_and_figure_names_its_reading() -> None:
    blocks = _blocks()
    assert len(blocks) > 20
    assert [place for place, reading in blocks if reading is None] == []
    names = {reading.value for _, reading in blocks if isinstance(reading, ast.Constant)}
    pictures = (*scores.FIGURES, *agreement.FIGURES)
    names |= {Path(name).stem for name, _, _ in pictures}  # which take the name from the file
    assert names == set(readings())


@pytest.mark.parametrize("name", readings())
def test_a_reading_is_short_and_whole(name: str) -> None:
    reading = readings()[name]
    for text in (reading.shows, reading.good, reading.bad, reading.do):
        assert 10 < len(text) <= 200, text
        assert text.endswith("."), text
    headings = re.findall(r"^## (.+)$", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    assert reading.more in ("", *headings)


def test_every_figure_of_the_page_has_a_reading() -> None:
    """The sections of reading-figures.md on figures that a report shows."""
    named = {reading.more for reading in readings().values()}
    headings = set(re.findall(r"^## (.+)$", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE))
    assert headings - named == {"Learning curves", "The report", "The estimate of a video"}


def test_the_page_shows_a_reading_closed_below_its_block(tmp_path: Path) -> None:
    table = Table("Scores of the model", ["a"], [["1"]], [], "scores")
    empty = Table("Empty", ["a"], [], ["Not known."], "versions")
    picture = Picture(PIXEL, "alt", "Figure 5", "figure5")
    page = render("Title", ["Text"], [Section("one", "One", [], [table, empty, picture])])
    details = re.findall(r"<details>(.*?)</details>", page, re.DOTALL)
    assert len(details) == 2  # the empty table has nothing to read
    assert "How to read this" in details[0] and readings()["scores"].good.split(",")[0] in details[0]
    assert f"“{readings()['figure5'].more}” in <code>{PAGE}</code>" in details[1]
    assert "<details open" not in page
    layout = measure_layout(page.replace("<details>", "<details open>"), 375, tmp_path)
    assert layout["needed"] <= layout["width"]
    assert layout["contrast"] >= 4.5


def test_readings_are_left_out_of_print() -> None:
    style = (ROOT / "pipeline/report/templates/page.css").read_text(encoding="utf-8")
    (hidden,) = re.findall(r"([^{}]*)\{ display: none; \}", style.split("@media print")[1])
    assert "details" in hidden.replace(",", " ").split()


def test_a_reading_of_another_form_is_refused() -> None:
    with pytest.raises(TypeError, match="other"):
        Reading(**{"shows": "", "good": "", "bad": "", "do": "", "other": ""})
