"""Learning curves: DVCLive's tables of metrics over steps.

They lie beside the checkpoint, and are cut back to its step when a training resumes. While they grow they are also
copied to where the stage's outputs belong, so that `dvc exp show` reads them.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from dvclive import Live

from pipeline.runtime.atomic import atomic_file

logger = logging.getLogger(__name__)

TABLES = Path("plots", "metrics")
SUMMARY = "metrics.json"


class LearningCurves:
    """Adds rows to the tables in a folder, and copies them to another one."""

    def __init__(self, folder: Path, step: int, published: Path | None = None) -> None:
        """Continue the tables in `folder` after optimiser step `step`, or start new ones if it is 0.

        Args:
            folder: of the tables.
            step: of the checkpoint.
            published: a folder to which the tables are copied after every row; None for none.
        """
        if step:
            truncate_after(folder, step)
        self.folder, self.published = folder, published
        # Without `resume`, DVCLive removes what a training left that was killed before its first checkpoint. The stage
        # runs inside DVC already, so DVCLive must write no dvc.yaml, no report and no experiment.
        self._live = Live(dir=str(folder), resume=step > 0, report=None, save_dvc_exp=False, dvcyaml=None)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Add a row to the table of each metric; a metric's name is the path of its table."""
        self._live.step = step
        for name, value in metrics.items():
            self._live.log_metric(name, value)
        write_summary(self.folder)
        if self.published is not None:
            _copy_tables(self.folder, self.published)

    def close(self) -> None:
        """End the curves with their summary."""
        self._live.end()
        if self._live._dvc_repo is not None:  # DVCLive opens a dozen files of DVC's repository and leaves them open
            self._live._dvc_repo.close()
        write_summary(self.folder)


@contextmanager
def published_curves(folder: Path) -> Iterator[Path]:
    """Yield the folder that curves are published in; it is removed if the block fails."""
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def truncate_after(folder: Path, step: int) -> None:
    """Drop the rows after `step`: a killed training wrote them after its last checkpoint and will write them again.

    A damaged table is removed with a warning: the curve then begins after `step`.
    """
    for path in (folder / TABLES).rglob("*.tsv"):
        try:
            rows = _read(path)
            kept = rows[rows["step"].astype(int) <= step]
        except (ValueError, KeyError):  # of pandas: no table, or no number
            logger.warning("%s is damaged: it is removed, and this learning curve begins after step %d", path, step)
            path.unlink()
            continue
        kept.to_csv(path, sep="\t", index=False, lineterminator="\n")
    (folder / SUMMARY).unlink(missing_ok=True)


def write_summary(folder: Path) -> None:
    """Write the last row of every table to metrics.json; without tables it is empty.

    The file does not depend on how often training was interrupted.
    """
    summary: dict[str, Any] = {}
    for path in sorted((folder / TABLES).rglob("*.tsv")):
        rows = _read(path)
        *groups, name = path.relative_to(folder / TABLES).with_suffix("").parts
        section = summary
        for group in groups:
            section = section.setdefault(group, {})
        if len(rows):
            section[name] = float(rows[name].iloc[-1])
            summary["step"] = max(summary.get("step", 0), int(rows["step"].iloc[-1]))
    (folder / SUMMARY).write_text(json.dumps(summary, indent=4, sort_keys=True) + "\n", encoding="utf-8")


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str).dropna()  # a kill may have cut the last row short


def _copy_tables(folder: Path, published: Path) -> None:
    """Copy the tables and the summary, each file atomically."""
    for path in (*(folder / TABLES).rglob("*.tsv"), folder / SUMMARY):
        with atomic_file(published / path.relative_to(folder)) as partial:
            shutil.copyfile(path, partial)
