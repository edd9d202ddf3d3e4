"""Videos that are listed twice: the same file, or files with equal content, under several ids.

Such a video may be in fitting and in the test partition at once, and nothing downstream can notice.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from pipeline.name_list import list_names
from pipeline.records.labels import Label


def find_video_twins(labels: Sequence[Label], videos: Mapping[str, Hashable]) -> tuple[list[str], list[str]]:
    """Return errors and warnings about videos that several recordings share.

    A shared video is an error if its labels contradict each other: it is then in two partitions, or has a wrong subject
    or score. Otherwise it is a warning: it only counts twice.

    Args:
        labels: of the corpus.
        videos: what identifies the video of a recording, such as the hash of its content; recordings may be left out.
    """
    groups = defaultdict(list)
    for label in labels:
        if label.recording in videos:
            groups[videos[label.recording]].append(label)
    errors, warnings = [], []
    for group in groups.values():
        if len(group) > 1:
            names = list_names([label.recording for label in group])
            if contradictions := _contradictions(group):
                errors.append(f"the ids {names} are the same video, but differ in {contradictions}; allowed: one id")
            else:
                warnings.append(f"the ids {names} are the same video, which counts {len(group)} times")
    return errors, warnings


def _contradictions(labels: Sequence[Label]) -> str:
    """Return what the labels of one video disagree in, with its values; empty if they agree."""
    values = {
        "partition": [label.partition for label in labels],
        "subject": [label.subject for label in labels],
        "bdi": ["unknown" if label.bdi is None else f"{label.bdi:g}" for label in labels],
    }
    distinct = {name: list(dict.fromkeys(cells)) for name, cells in values.items()}
    return ", ".join(f"{name} ({list_names(cells)})" for name, cells in distinct.items() if len(cells) > 1)
