"""The layout of any other corpus: a table `videos.csv` with one row for each video."""

from pathlib import Path

from pipeline.corpora.entry import Entry, Report
from pipeline.corpora.entry_checks import id_errors, subject_errors
from pipeline.records.cells import content_of
from pipeline.records.labels import EARLIER_NAMES
from pipeline.records.tables import read_rows

TABLE = "videos.csv"
COLUMNS = ("video_id", "path", "subject", "partition")
SCORE = "score"
MAY_BE_UNKNOWN = ("session", "task", "sex", "age")


def read(root: Path, labels_root: Path, report: Report, score_column: str = SCORE) -> list[Entry]:
    """List the rows of `labels_root`/videos.csv; relative paths start at `root`.

    The columns are `video_id, path, subject, partition`, the `score_column` and, optionally, `task`, `session`, `sex`
    and `age`. What may be unknown is then empty, or NA. Scores are those of the `score_column` alone.
    """
    table, columns = labels_root / TABLE, (*COLUMNS, score_column)
    earlier = EARLIER_NAMES if score_column == SCORE else {}
    unknown = (score_column, *MAY_BE_UNKNOWN)
    if not table.is_file():
        report.errors.append(
            f"{table}: no such file; the layout videos needs one with the columns {', '.join(columns)}"
        )
        return []
    try:
        rows = list(read_rows(table, columns, earlier))
    except ValueError as error:
        report.errors.append(str(error))
        return []
    entries = []
    for number, row in rows:
        cells = {name: content_of(text) if name in unknown else text.strip() for name, text in row.items()}
        source = f"{table}: row {number}"
        name = cells["video_id"]
        if errors := id_errors(source, name):
            report.errors += errors
            continue
        report.errors += subject_errors(source, cells["subject"])
        entries.append(
            Entry(
                recording=name,
                path=root / cells["path"],
                subject=cells["subject"],
                session=cells.get("session", ""),
                task=cells.get("task", ""),
                partition=cells["partition"].lower(),
                score=cells[score_column] or None,
                source=source,
                sex=cells.get("sex", ""),
                age=cells.get("age", ""),
            )
        )
    return entries
