"""Whether experiments estimate the same videos: only errors on the same videos can be paired."""

from collections.abc import Sequence

from pipeline.name_list import list_names
from pipeline.records.predictions import ScoredEstimate

MAX_NAMES = 5  # videos named in an error message


def check_same_videos(
    first: str, first_estimates: Sequence[ScoredEstimate], second: str, second_estimates: Sequence[ScoredEstimate]
) -> None:
    """Check that two experiments estimate the same videos, with the same subjects and scores.

    Raises:
        ValueError: naming the videos that only one of them has, or that differ in subject or score.
    """
    labels = [
        {item.recording: (item.subject, item.score) for item in items} for items in (first_estimates, second_estimates)
    ]
    problems = [
        f"{len(only)} videos are estimated by {name} alone ({_list(only)})"
        for name, only in ((first, labels[0].keys() - labels[1].keys()), (second, labels[1].keys() - labels[0].keys()))
        if only
    ]
    common = labels[0].keys() & labels[1].keys()
    if changed := [name for name in common if labels[0][name] != labels[1][name]]:
        problems.append(f"{len(changed)} videos have another score or subject in each ({_list(changed)})")
    if not common and not problems:
        problems.append("neither has a video with a score")
    if problems:
        raise ValueError(
            f"{first} and {second} cannot be paired: {'; '.join(problems)}. Only errors on the same videos can be "
            "compared"
        )


def _list(names: Sequence[str] | set[str]) -> str:
    return list_names(sorted(names), MAX_NAMES)
