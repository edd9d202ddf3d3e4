"""The table of the recordings that a cue is planted in: `videos.csv`, in the folder `simulate.footage`."""

from pathlib import Path

from pipeline.corpora.entry import Entry, Report
from pipeline.corpora.entry_checks import check_entries, id_errors, list_problems, subject_errors
from pipeline.name_twins import name_twin_errors
from pipeline.records.labels import PARTITIONS
from pipeline.records.tables import read_rows
from pipeline.runtime.visible import visible

TABLE = "videos.csv"
COLUMNS = ("video_id", "path", "subject")
FITTING = "training"  # the partition that is used, where the table has partitions


class FootageError(ValueError):
    """The footage cannot be used; the message lists all problems."""


def read_footage(folder: Path) -> list[Entry]:
    """Read the recordings of `folder`/videos.csv, sorted by id; relative paths start at the folder.

    The columns are `video_id, path, subject`. Where there is a column `partition`, only the rows of the training
    partition are used, so that the people whom a model is tested on stay unseen. All other columns, such as scores,
    are ignored.

    Raises:
        FootageError: if there is any problem; the message lists all of them.
    """
    table = folder / TABLE
    if not table.is_file():
        raise FootageError(
            f"simulate.footage: {visible(str(table))}: no such file; allowed: a folder with a table {TABLE} that has "
            f"the columns {', '.join(COLUMNS)}"
        )
    report = Report()
    entries = [
        entry
        for number, row in read_rows(table, COLUMNS)
        if (entry := _entry(folder, f"{table}: row {number}", row, report)) and entry.partition == FITTING
    ]
    check_entries(entries, report)
    report.errors += name_twin_errors("subjects", {entry.subject for entry in entries})
    if not entries and not report.errors:
        report.errors.append(f"no row of the {FITTING} partition; allowed: at least one")
    if report.errors:
        raise FootageError(list_problems(str(table), report.errors))
    return sorted(entries, key=lambda entry: entry.recording)


def _entry(folder: Path, source: str, row: dict[str, str], report: Report) -> Entry | None:
    """Return the entry of a row, or report its problems and return None."""
    cells = {name: text.strip() for name, text in row.items()}
    name, subject = cells["video_id"], cells["subject"]
    partition = cells.get("partition", FITTING).lower()
    problems = [
        *id_errors(source, name),
        *subject_errors(source, subject),
        *([] if partition in PARTITIONS else [f"{source}: partition {partition!r}; allowed: {', '.join(PARTITIONS)}"]),
    ]
    report.errors += problems
    if problems:
        return None
    return Entry(name, folder / cells["path"], subject, "", "", partition, None, source)
