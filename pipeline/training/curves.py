"""The curves of a training: DVCLive's tables, cut back to the checkpoint when a training is resumed."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from dvclive.lightning import DVCLiveLogger

TABLES = Path("plots", "metrics")
SUMMARY = "metrics.json"


def curve_logger(folder: Path, step: int) -> DVCLiveLogger:
    """A logger that goes on in `folder` after optimiser step `step`, or starts anew where that is 0.

    DVCLive is kept from writing dvc.yaml, a report or an experiment: the stage runs inside DVC already.
    """
    if step:
        cut_back(folder, step)
    return DVCLiveLogger(dir=str(folder), resume=step > 0, report=None, save_dvc_exp=False, dvcyaml=None)


def cut_back(folder: Path, step: int) -> None:
    """Drop the rows after `step`, which a killed training wrote after its last checkpoint and will write again."""
    for path in (folder / TABLES).rglob("*.tsv"):
        rows = _read(path)
        rows[rows["step"].astype(int) <= step].to_csv(path, sep="\t", index=False, lineterminator="\n")
    (folder / SUMMARY).unlink(missing_ok=True)


def summarise(folder: Path) -> None:
    """Write the last row of every table to metrics.json: the same however often the training was interrupted."""
    summary: dict[str, Any] = {}
    for path in sorted((folder / TABLES).rglob("*.tsv")):
        rows = _read(path)
        *groups, name = path.relative_to(folder / TABLES).with_suffix("").parts
        place = summary
        for group in groups:
            place = place.setdefault(group, {})
        if len(rows):
            place[name] = float(rows[name].iloc[-1])
            summary["step"] = max(summary.get("step", 0), int(rows["step"].iloc[-1]))
    (folder / SUMMARY).write_text(json.dumps(summary, indent=4, sort_keys=True) + "\n", encoding="utf-8")


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str).dropna()  # a kill may have cut the last row short
