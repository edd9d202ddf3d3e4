"""Checks of the entries of a corpus that need no label: ids, characters and files."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipeline.corpora.entry import Entry, Report
from pipeline.name_list import list_names
from pipeline.name_twins import name_twin_errors


def check_entries(entries: Sequence[Entry], report: Report) -> None:
    """Report ids that occur twice or look alike, characters that no table can hold, and files that cannot be read."""
    _check_ids(entries, report)
    _check_characters(entries, report)
    _check_files(entries, report)


def _check_ids(entries: Iterable[Entry], report: Report) -> None:
    paths_by_id = defaultdict(list)
    for entry in entries:
        paths_by_id[entry.recording].append(str(entry.path))
    for recording, paths in paths_by_id.items():
        if len(paths) > 1:
            report.errors.append(f"the id {recording} occurs {len(paths)} times: {list_names(paths)}; allowed: once")

    report.errors += name_twin_errors("ids", paths_by_id)


def _check_characters(entries: Iterable[Entry], report: Report) -> None:
    """Report what no table can hold: control characters, such as line ends, and bytes of a path that are no UTF-8."""
    for entry in entries:
        cells = (entry.subject, entry.session, entry.task, entry.sex, str(entry.path))
        for name, cell in zip(("subject", "session", "task", "sex", "path"), cells, strict=True):
            if any(unicodedata.category(character) in ("Cc", "Cs") for character in cell):
                report.errors.append(f"{entry.source}: {name} {cell!r}; allowed: no control characters, and UTF-8")


def _check_files(entries: Iterable[Entry], report: Report) -> None:
    for entry in entries:
        if os.path.isdir(entry.path):
            report.errors.append(f"{entry.source}: a folder, not a file: {entry.path}")
        elif not os.path.isfile(entry.path):  # also if the name is one that no file can have
            report.errors.append(f"{entry.source}: no such file: {entry.path}")
        elif not os.access(entry.path, os.R_OK):
            report.errors.append(f"{entry.source}: no permission to read: {entry.path}")
