"""The layout of AVEC2013: `Training/203_1_cut_combined.mp4`, one label for each recording."""

import re
from pathlib import Path

from pipeline.corpora.avec import find_videos, read_scores, report_unused
from pipeline.corpora.entry import Entry, Report

_VIDEO = re.compile(r"(\d+)_(\d+)_cut_combined\.mp4", re.IGNORECASE)


def read(root: Path, labels_root: Path, report: Report) -> list[Entry]:
    """List the videos below `root` with their scores; a label without a video is reported."""
    scores = read_scores(labels_root, report)
    entries, used = [], set()
    for partition, path, match in find_videos(root, "*", _VIDEO):
        session = (partition, match[1], match[2])
        used.add(session)
        score, source = scores.get(session, (None, path))
        name = f"{match[1]}_{match[2]}"
        entries.append(Entry(name, path, match[1], match[2], "", partition, score, str(source)))
    report_unused(scores, used, report)
    return entries
