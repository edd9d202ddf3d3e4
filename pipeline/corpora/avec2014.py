"""The layout of AVEC2014: `Training/Freeform/203_1_Freeform_video.mp4`, one label for both tasks of a session."""

import re
from pathlib import Path

from pipeline.corpora.avec import Session, find_videos, read_scores, report_unused
from pipeline.corpora.entry import Entry, Report

TASKS = ("Freeform", "Northwind")
_VIDEO = re.compile(rf"(\d+)_(\d+)_({'|'.join(TASKS)})_video\.mp4", re.IGNORECASE)


def read(root: Path, labels_root: Path, report: Report) -> list[Entry]:
    """List the videos below `root` with their scores.

    A session without one of its two tasks is reported, and so is a label without a video.
    """
    scores = read_scores(labels_root, report)
    entries: list[Entry] = []
    tasks: dict[Session, set[str]] = {}
    for partition, path, match in find_videos(root, "*/*", _VIDEO):
        task = match[3].capitalize()
        session = (partition, match[1], match[2])
        tasks.setdefault(session, set()).add(task)
        score, source = scores.get(session, (None, path))
        name = f"{match[1]}_{match[2]}_{task}"
        entries.append(Entry(name, path, match[1], match[2], task, partition, score, str(source)))
    for (partition, subject, number), session_tasks in tasks.items():
        for task in sorted(set(TASKS) - session_tasks):
            report.errors.append(f"{root}: session {subject}_{number} of {partition} has no {task} video")
    report_unused(scores, set(tasks), report)
    return entries
