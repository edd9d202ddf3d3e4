"""The worked example of docs/how-to/add-a-corpus-layout.md: a copy of the project with it lists a corpus."""

import csv
from pathlib import Path

import pytest
import yaml

from tests.guides import ROOT, code_block, copy_code, replace_once, run_module

PAGE = "add-a-corpus-layout.md"
VIDEOS = ("training/P01/1.mp4", "training/P01/2.mp4", "development/P02/1.mp4", "test/P07/1.mp4")
SCORES = "subject,session,score\nP01,1,12\nP01,2,NA\nP02,1,30\nP07,1,4\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project with the example, as the guide says: one file, two lines and a name."""
    copy_code(tmp_path)
    file = "pipeline/corpora/subject_folders.py"
    (tmp_path / file).write_text(code_block(PAGE, file))
    listing, params = tmp_path / "pipeline/corpora/listing.py", tmp_path / "pipeline/params/corpus.py"
    replace_once(listing, "from pipeline.corpora import avec2013, avec2014, videos\n", code_block(PAGE, "import"))
    replace_once(listing, '    "videos": Layout(', code_block(PAGE, "layout") + '    "videos": Layout(')
    lines = [
        line for line in params.read_text().splitlines(keepends=True) if line.startswith(("Layout = ", "LAYOUTS = "))
    ]
    replace_once(params, "".join(lines), code_block(PAGE, "params"))
    for number, video in enumerate(VIDEOS):
        path = tmp_path / "clinic" / video
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]))
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    root = str(tmp_path / "clinic")
    values["corpus"] |= {"layout": "subject_folders", "root": root, "labels_root": root}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(values))
    return tmp_path


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _ingest(project: Path, scores: str, succeeds: bool = True) -> str:
    (project / "clinic/scores.csv").write_text(scores)
    outputs = ("recordings.csv", "partitions.csv", "characteristics.csv", "origin.json", "fitting.csv", "testing.csv")
    return run_module(project, "stages.ingest", *outputs, succeeds=succeeds)


def test_the_example_lists_a_corpus(project: Path) -> None:
    _ingest(project, SCORES)
    assert [row["recording"] for row in _rows(project / "recordings.csv")] == ["P01_1", "P01_2", "P02_1", "P07_1"]
    labels = _rows(project / "fitting.csv") + _rows(project / "testing.csv")
    assert [(row["subject"], row["session"], row["partition"], row["score"]) for row in labels] == [
        ("P01", "1", "training", "12"),
        ("P01", "2", "training", ""),
        ("P02", "1", "development", "30"),
        ("P07", "1", "test", "4"),
    ]


def test_all_problems_of_the_corpus_of_the_example_are_named(project: Path) -> None:
    message = _ingest(project, SCORES.replace("P07,1,4", "P07,1,64") + "P09,1,5\n", succeeds=False)
    assert "scores.csv: row 5: score '64'; allowed: a number from 0 to 63" in message
    assert "scores.csv: row 6: a score without a video: subject P09, session 1" in message
