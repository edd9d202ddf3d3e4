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
    summary: dict[str, Any] = {"step": step}
    for path in sorted((folder / TABLES).rglob("*.tsv")):
        rows = pd.read_csv(path, sep="\t", dtype=str)
        rows = rows[rows["step"].astype(int) <= step]
        if rows.empty:
            path.unlink()
            continue
        rows.to_csv(path, sep="\t", index=False, lineterminator="\n")
        *groups, name = path.relative_to(folder / TABLES).with_suffix("").parts
        place = summary
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = float(rows.iloc[-1][path.stem])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SUMMARY).write_text(json.dumps(summary, indent=4), encoding="utf-8")
