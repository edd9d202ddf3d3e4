"""The pipeline with PHQ-9 and a cut, from the simulated corpus to the report: nothing in it speaks of BDI-II."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.predicting.notice import notice
from pipeline.severity.scale import scale_of

MSN = ("python", "-m", "pipeline.cli")
PICTURE = re.compile(r"data:image/png;base64,[\w+/=]+")
ANOTHER_SCALE = re.compile(r"bdi|beck|(?:\bto|\bof|[-\N{EN DASH}])\s*63\b|\b63 points", re.IGNORECASE)
BANDS = ["minimal", "mild", "moderate", "moderately severe", "severe"]


@pytest.fixture(scope="module")
def with_phq9(unbuilt: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, str]]:
    """The project after a run with PHQ-9 and a cut of 5, and the texts that it printed or wrote, by name."""
    project = unbuilt.copy(tmp_path_factory.mktemp("phq9") / "project")
    project.change(corpus__scale="phq-9", corpus__cut=5)
    texts = {"log": project.run("dvc", "repro")}
    texts["report"] = PICTURE.sub("", _after(project, "report.html", *MSN, "report"))
    video = next((project.folder / "data/simulated/avec2014/Testing/Freeform").iterdir())
    texts["predict"] = project.run(*MSN, "predict", str(video))
    texts["json"] = project.run(*MSN, "predict", "--json", str(video))
    for path in ("metrics.json", "models/finetuned/description.json"):
        texts[path] = (project.folder / path).read_text()
    texts |= {str(path): path.read_text() for path in (project.folder / "results").glob("*.csv")}
    return project, texts


def _after(project: Any, file: str, *command: str) -> str:
    """Run a command, and return the content of the file that it wrote."""
    project.run(*command)
    return (project.folder / file).read_text(encoding="utf-8")


def test_the_search_finds_what_it_looks_for() -> None:
    """What a run with BDI-II says: a notice, its range in a sentence, a table and an axis, a column, a reference."""
    for text in (
        notice(scale_of("bdi-ii")),
        "from 0 to 63.",
        "severe 29\N{EN DASH}63",
        "8 of 63",
        "subject,bdi",
        "@beck1996",
    ):
        assert ANOTHER_SCALE.search(text), text
    assert not ANOTHER_SCALE.search("0.63 of 63.5 and 163 frames, 3 to 6".replace("of 63.5", "at 63.5"))


def test_no_text_of_the_run_speaks_of_another_scale(with_phq9: tuple[Any, dict[str, str]]) -> None:
    _, texts = with_phq9
    found = {name: match[0] for name, text in texts.items() if (match := ANOTHER_SCALE.search(text))}
    assert found == {}
    assert len(texts) > 8 and all(texts.values())


def test_its_texts_name_the_scale_its_bands_and_the_cut(with_phq9: tuple[Any, dict[str, str]]) -> None:
    _, texts = with_phq9
    assert all("PHQ-9" in texts[name] for name in ("report", "predict", "json"))
    for text in (
        "points of PHQ-9",
        "moderately severe (15 to 19)",
        "a test for PHQ-9 from 5 on",
        "AUROC",
        "[@kroenke2001]",
    ):
        assert text in texts["report"], text
    assert "The paper's tables" not in texts["report"] and "AVEC2013" not in texts["report"]
    scale = json.loads(texts["models/finetuned/description.json"])["severity_scale"]
    assert (scale["name"], scale["lowest"], scale["highest"]) == ("PHQ-9", 0, 27)
    assert sorted(scale["bands"], key=scale["bands"].__getitem__) == BANDS
    assert json.loads(texts["json"][texts["json"].index("{") :])["model"]["severity_scale"] == scale
    assert json.loads(texts["metrics.json"])["cut"]["score"] == 5


def test_scores_and_bands_are_those_of_the_scale(with_phq9: tuple[Any, dict[str, str]]) -> None:
    project, _ = with_phq9
    scores = []
    for name in ("labels_fitting.csv", "labels_testing.csv"):
        with (project.folder / "data/corpus" / name).open(newline="") as stream:
            scores += [float(row["score"]) for row in csv.DictReader(stream)]
    assert len(scores) == 12 and all(0 <= score <= 19 and score == int(score) for score in scores)
    with (project.folder / "results/confusion.csv").open(newline="") as stream:
        assert list(dict.fromkeys(row["truth"] for row in csv.DictReader(stream))) == BANDS


@pytest.mark.long
def test_other_bands_fit_nothing_again_and_another_scale_refuses_the_model(
    with_phq9: tuple[Any, dict[str, str]], tmp_path: Path
) -> None:
    project = with_phq9[0].copy(tmp_path / "project")
    other = {"name": "PHQ-9", "lowest": 0, "highest": 27, "bands": {"below": 0, "above": 10}}
    project.change(corpus__scale=other)
    output = project.run("dvc", "repro", "evaluate")
    assert "finetune: this was fitted before" in output
    assert "below" in (project.folder / "results/confusion.csv").read_text()
    project.change(corpus__scale="phq-8", corpus__cut=None)
    video = next((project.folder / "data/simulated/avec2014/Testing/Freeform").iterdir())
    message = " ".join(project.run(*MSN, "predict", str(video), succeeds=False).split())
    assert "made for the scale PHQ-9, 0 to 27, but corpus.scale is PHQ-8, 0 to 24" in message
    assert "(PHQ-9, 0 to 27)" in project.run(*MSN, "predict", "--model", "models/finetuned", str(video))
