"""Outcomes of runs on three kinds of corpora: the demo, AVEC2014 by its profile, and own videos."""

from collections.abc import Mapping
from typing import Any

import yaml

from pipeline.experiments.outcome import Outcome, SubgroupMetric
from pipeline.experiments.repository import Experiment
from pipeline.report.blocks import CopyText, Picture, Section, Table
from pipeline.statistics.interval import Interval
from tests.pipeline.experiments.material import ROOT

DEMO: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
OWN_CHANGES = {
    "simulate": {"enabled": False},
    "corpus": {"layout": "videos", "root": "/data/mine", "labels_root": "/data/mine"},
    "identities": {"root": "/data/faces", "list": "/data/faces/list.txt"},
}


def merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested values with changes."""
    return {
        **values,
        **{
            key: merged(values[key], change) if isinstance(change, Mapping) else change
            for key, change in changes.items()
        },
    }


AVEC2014 = merged(DEMO, yaml.safe_load((ROOT / "profiles" / "avec2014.yaml").read_text()))
OWN = merged(DEMO, OWN_CHANGES)


def outcome(params: Mapping[str, Any], **description: object) -> Outcome:
    """Return the outcome of a run of 6 test videos of 3 subjects."""
    metric = SubgroupMetric(Interval(7.0, 6.0, 8.0), 6, 3)
    intervals = {
        (part, estimator, name): metric
        for part in ("all", "unseen")
        for estimator in ("model", "constant", "lookup")
        for name in ("rmse", "mae", "spread")
    }
    return Outcome(Experiment("workspace", None), params, {"videos": 6}, {}, intervals, None, description)


def texts(section: Section) -> list[str]:
    """Return all texts of a section and of the sections below it, those of tables and pictures included."""
    collected = [section.title, *section.paragraphs]
    for block in section.blocks:
        match block:
            case Section():
                collected += texts(block)
            case Table():
                collected += [
                    block.caption,
                    *block.headings,
                    *(cell for row in block.rows for cell in row),
                    *block.notes,
                ]
            case Picture():
                collected += [block.alt, block.caption]
            case CopyText():
                collected += [block.caption, block.text]
    return collected
