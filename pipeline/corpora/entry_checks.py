"""Checks of the entries of a corpus that need no label: ids, subjects, characters and files."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipeline.corpora.entry import Entry, Report
from pipeline.name_list import list_names
from pipeline.name_twins import name_twin_errors
from pipeline.records.recordings import ID_RULE, is_id
from pipeline.runtime.visible import visible


def id_errors(source: str, name: str) -> list[str]:
    """Return the error of a row whose `video_id` is no id; none if it is one."""
    return [] if is_id(name) else [f"{source}: video_id {name!r}; allowed: {ID_RULE}"]


def subject_errors(source: str, subject: str) -> list[str]:
    """Return the error of a row without a subject; none if it has one."""
    return [] if subject else [f"{source}: no subject; allowed: any name, the same for the same person"]


def list_problems(source: str, problems: Sequence[str]) -> str:
    """Return a message with one line for each problem, whatever the names in it."""
    return f"{visible(source)}: {len(problems)} problems\n" + "\n".join(f"  {visible(line)}" for line in problems)


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
