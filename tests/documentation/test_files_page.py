"""The page of files names every output of dvc.yaml, and the columns and keys that the code writes."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.baselines import tables as baseline_tables
from pipeline.corpora import characteristics, videos
from pipeline.detection import near_twins_table, tables
from pipeline.faces.face_crop import ORIGINS
from pipeline.records import baseline_estimates, frame_table, labels, partitions, predictions, recordings
from pipeline.records.quality import Quality
from pipeline.saliency import sanity
from pipeline.scoring import conformal, confusion, cut, flow, prediction_tables, summary
from pipeline.scoring.metrics import metrics_of
from pipeline.severity.scale import scale_of

ROOT = Path(__file__).parents[2]
FILES = (ROOT / "docs/reference/files.md").read_text(encoding="utf-8")
METRICS_PAGE = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")

COLUMNS = {
    "A corpus in the layout videos": {*videos.COLUMNS, videos.SCORE, *videos.MAY_BE_UNKNOWN},
    "data/corpus/recordings.csv": recordings.COLUMNS,
    "data/corpus/partitions.csv": partitions.COLUMNS,
    "data/corpus/characteristics.csv": characteristics.COLUMNS,
    "data/corpus/labels_fitting.csv": (*labels.COLUMNS, labels.PERMUTED),
    "data/corpus/labels_testing.csv": labels.GROUP_COLUMNS,
    "frames.csv": frame_table.COLUMNS,
    "quality.json": [field.name for field in fields(Quality)],
    "data/detection/recordings.csv": tables.COLUMNS,
    "data/detection/near_twins.csv": near_twins_table.COLUMNS,
    "data/baselines/estimates.csv": baseline_estimates.COLUMNS,
    "data/baselines/measures.csv": baseline_tables.MEASURE_COLUMNS,
    "data/baselines/weights.csv": baseline_tables.WEIGHT_COLUMNS,
    "results/predictions.csv": predictions.COLUMNS,
    "results/clips.csv": prediction_tables.CLIP_COLUMNS,
    "results/intervals.csv": summary.COLUMNS,
    "results/confusion.csv": confusion.COLUMNS,
    "results/conformal.csv": conformal.COLUMNS,
    "results/cut.csv": cut.COLUMNS,
    "results/flow.csv": flow.COLUMNS,
    "saliency/sanity.csv": sanity.COLUMNS,
}


def _section(page: str, heading: str) -> str:
    """Return the text from a heading to the next one of any level."""
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert match, f"no heading {heading!r}"
    return match[1]


def _first_cells(text: str) -> list[str]:
    """Return the code in the first cells of all tables in a text."""
    return [name for cell in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for name in re.findall("`(.+?)`", cell)]


def _paths() -> set[str]:
    """Return the paths of all outputs, metrics and plots in dvc.yaml."""
    content = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    entries = [
        entry for stage in content["stages"].values() for kind in ("outs", "metrics") for entry in stage.get(kind, [])
    ]
    plots = [plot["y"] for entry in content["plots"] for plot in entry.values()]
    return {path for entry in [*entries, *content["metrics"], *plots] for path in _names(entry)}


def _names(entry: str | dict[str, Any]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry)


def test_the_page_names_every_path_of_dvc_yaml() -> None:
    paths = _paths()
    assert {"data/aligned", "metrics.json", "results/figure5.png", "metrics/pretrain/metrics.json"} <= paths
    listed = {f"data/detection/{name}" for name in _first_cells(_section(FILES, "data/detection"))}
    named = {name.rstrip("/") for name in re.findall("`([^`]+)`", FILES)} | listed
    assert paths - named == set()


def test_the_page_says_which_stage_writes_and_reads_an_output() -> None:
    rows = re.findall(r"^\| `(\S+)` \| (\w+) \| (.*?)\|$", FILES.split("## Inputs")[0], re.MULTILINE)
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    sources = {"data/${estimator.source}": "data/aligned", "${identities.list}": "data/simulated"}
    sources |= {"${corpus.root}": "data/simulated", "results/predictions.csv": "results"}
    written: dict[str, str] = {}
    read: dict[str, set[str]] = {}
    for stage, content in stages.items():
        paths = [path for kind in ("outs", "metrics") for entry in content.get(kind, []) for path in _names(entry)]
        written |= dict.fromkeys(paths, stage)
    for path in written:
        readers = [
            stage for stage, content in stages.items() if path in [sources.get(dep, dep) for dep in content["deps"]]
        ]
        read[path] = set(readers)
    assert {path: stage for path, stage, _ in rows} == written
    assert {path: set(re.findall(r"\w+", re.sub(r"`.*?`|\b(and|if|is)\b", "", cell))) for path, _, cell in rows} == read


@pytest.mark.parametrize("heading", COLUMNS)
def test_the_page_names_the_columns_that_the_code_writes(heading: str) -> None:
    assert sorted(_first_cells(_section(FILES, heading))) == sorted(COLUMNS[heading])


def test_the_page_names_the_codes_of_origins() -> None:
    (codes,) = re.findall(r"`origin_codes` \((.+?)\)", " ".join(FILES.split()))
    assert {name: int(code) for name, code in re.findall(r"`(\w+)` (\d)", codes)} == ORIGINS


def test_the_page_of_metrics_names_all_metrics() -> None:
    assert _first_cells(_section(METRICS_PAGE, "Metrics")) == list(metrics_of(scale_of()))


@pytest.mark.parametrize("name", ["metrics.json", "detection.json", "complexity.json"])
def test_the_page_of_metrics_names_the_keys_of_the_tracked_files(name: str) -> None:
    written = _flat(json.loads((ROOT / name).read_text(encoding="utf-8")))
    named = set(_first_cells(_section(METRICS_PAGE, name)))
    optional = {"validation.rmse", "validation.mae", "validation.videos", "control"}
    optional |= {f"cut.{name}" for name in ("score", *cut.MEASURES)}  # the demo has none of them
    assert named - optional == written


def _flat(values: dict[str, Any]) -> set[str]:
    """Return the keys of a nested object, joined by dots."""
    keys = set()
    for key, value in values.items():
        keys |= {f"{key}.{inner}" for inner in _flat(value)} if isinstance(value, dict) else {key}
    return keys
