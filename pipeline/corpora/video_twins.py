"""Videos that are listed twice: the same file, or files with equal content, under several ids.

Such a video may be in fitting and in the test partition at once, or count twice, and nothing downstream can notice.
Copies whose bytes differ (encoded again, scaled, trimmed) are found later, by `pipeline.detection.near_twins`.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from pipeline.corpora.entry import Entry
from pipeline.name_list import list_names
from pipeline.records.labels import Label


def video_twin_errors(
    labels: Sequence[Label], entries: Mapping[str, Entry], videos: Mapping[str, Hashable]
) -> list[str]:
    """Return an error for each video that several recordings share; it names all of them.

    Args:
        labels: of the corpus, with the partitions that are used.
        entries: of the corpus, by recording.
        videos: what identifies the video of a recording, such as the hash of its content; recordings may be left out.
    """
    groups = defaultdict(list)
    for label in labels:
        if label.recording in videos:
            groups[videos[label.recording]].append(label)
    return [_error(group, entries) for group in groups.values() if len(group) > 1]


def _error(group: Sequence[Label], entries: Mapping[str, Entry]) -> str:
    where = [
        f"{label.recording} ({entries[label.recording].source}, {entries[label.recording].path}, {label.partition})"
        for label in group
    ]
    differences = _differences(group)
    return (
        f"the same video {len(group)} times: {list_names(where)}"
        f"{f'; they differ in {differences}' if differences else ''}; allowed: one id for each video"
    )


def _differences(labels: Sequence[Label]) -> str:
    """Return what the labels of one video disagree in, with its values; empty if they agree."""
    values = {
        "partition": [label.partition for label in labels],
        "subject": [label.subject for label in labels],
        "score": ["unknown" if label.score is None else f"{label.score:g}" for label in labels],
    }
    distinct = {name: list(dict.fromkeys(cells)) for name, cells in values.items()}
    return ", ".join(f"{name} ({list_names(cells)})" for name, cells in distinct.items() if len(cells) > 1)
