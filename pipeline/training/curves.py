"""The curves of a training: DVCLive's tables, cut back to the checkpoint when a training is resumed.

They are kept with the checkpoint, and shown where a stage's outputs belong as they grow, for `dvc exp show` to read.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from dvclive.lightning import DVCLiveLogger
from lightning.pytorch.utilities import rank_zero_only

from pipeline.runtime.atomic import atomic_file

TABLES = Path("plots", "metrics")
SUMMARY = "metrics.json"


class LearningCurves(DVCLiveLogger):
    """Adds rows to the tables in a folder, and shows them in another one.

    DVCLive is kept from writing dvc.yaml, a report or an experiment: the stage runs inside DVC already.
    """

    def __init__(self, folder: Path, step: int, shown: Path | None = None) -> None:
        """Go on in `folder` after optimiser step `step`, or start anew where that is 0; show in `show_progress`."""
        if step:
            truncate_after(folder, step)
        super().__init__(dir=str(folder), resume=step > 0, report=None, save_dvc_exp=False, dvcyaml=None)
        self.folder = folder
        self.shown = shown

    @rank_zero_only
    def log_metrics(
        self, metrics: Mapping[str, int | float | str], step: int | None = None, sync: bool | None = False
    ) -> None:
        """Add a row."""
        super().log_metrics(metrics, step, sync)
        write_summary(self.folder)
        if self.shown is not None:
            _show(self.folder, self.shown)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """End, and close the files of the repository that DVCLive has opened."""
        super().finalize(status)
        if self._experiment is not None and self._experiment._dvc_repo is not None:
            self._experiment._dvc_repo.close()


@contextmanager
def published_curves(folder: Path) -> Iterator[Path]:
    """Yield the folder that curves are shown in; it is taken away where training ends before its time."""
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def truncate_after(folder: Path, step: int) -> None:
    """Drop the rows after `step`, which a killed training wrote after its last checkpoint and will write again."""
    for path in (folder / TABLES).rglob("*.tsv"):
        rows = _read(path)
        rows[rows["step"].astype(int) <= step].to_csv(path, sep="\t", index=False, lineterminator="\n")
    (folder / SUMMARY).unlink(missing_ok=True)


def write_summary(folder: Path) -> None:
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
    _write(folder, summary)


def write_empty_summary(folder: Path) -> None:
    """The summary of a training that was not needed: DVC looks for one."""
    _write(folder, {})


def _write(folder: Path, summary: dict[str, Any]) -> None:
    (folder / SUMMARY).write_text(json.dumps(summary, indent=4, sort_keys=True) + "\n", encoding="utf-8")


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str).dropna()  # a kill may have cut the last row short


def _show(folder: Path, shown: Path) -> None:
    """Copy the files of a folder, each put in its place whole."""
    for path in (*(folder / TABLES).rglob("*.tsv"), folder / SUMMARY):
        place = shown / path.relative_to(folder)
        with atomic_file(place) as partial:
            shutil.copyfile(path, partial)
