"""The simulated AVEC2014 tree: reproducible videos, and the influence of the cue on them."""

import itertools
from dataclasses import replace
from pathlib import Path

from pipeline.severity.scale import scale_of
from pipeline.simulation.avec_tree import simulated_videos, write_simulated_video
from pipeline.simulation.cohort import draw_cohort


def test_a_video_has_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Eight repetitions, because a nondeterministic encoder differs only now and then."""
    cohort = draw_cohort(2014, subjects=4, sessions=2, subject_share=0.0, scale=scale_of("bdi-ii"))
    videos = simulated_videos(tmp_path, cohort, 2014, 2.0, 48, 7.5, (160, 120))[:2]
    for video in videos:
        contents = set()
        for repetition in range(8):
            copy = replace(video, path=tmp_path / f"{repetition}.mp4")
            write_simulated_video(copy)
            contents.add(copy.path.read_bytes())
        assert len(contents) == 1


def test_the_kind_of_cue_changes_a_video_and_without_a_cue_the_score_does_not(tmp_path: Path) -> None:
    (session, *_) = draw_cohort(2014, subjects=4, sessions=2, subject_share=0.0, scale=scale_of("bdi-ii"))
    contents = {}
    for cue_in, cue, score in itertools.product(("dynamics", "appearance"), (0.0, 2.0), (0, 45)):
        (video, *_) = simulated_videos(
            tmp_path, [replace(session, score=score, severity=score / 45)], 2014, cue, 12, 7.5, (128, 96), cue_in
        )
        write_simulated_video(video)
        contents[cue_in, cue, score] = video.path.read_bytes()
    for cue_in in ("dynamics", "appearance"):
        assert contents[cue_in, 0.0, 0] == contents[cue_in, 0.0, 45]
        assert contents[cue_in, 2.0, 0] != contents[cue_in, 2.0, 45]
    assert contents["dynamics", 2.0, 45] != contents["appearance", 2.0, 45]
