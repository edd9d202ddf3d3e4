"""The same film is the same bytes every time it is drawn and encoded."""

import itertools
from dataclasses import replace
from pathlib import Path

from pipeline.simulation.avec_tree import simulated_videos, write_simulated_video
from pipeline.simulation.cohort import draw_cohort


def test_a_film_has_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Many times, for an encoder that varies does so now and then."""
    cohort = draw_cohort(2014, subjects=4, sessions=2, subject_share=0.0)
    drawn = simulated_videos(tmp_path, cohort, 2014, 2.0, 48, 7.5, (160, 120))[:2]
    for film in drawn:
        written = set()
        for turn in range(8):
            again = replace(film, path=tmp_path / f"{turn}.mp4")
            write_simulated_video(again)
            written.add(again.path.read_bytes())
        assert len(written) == 1


def test_the_place_of_the_cue_changes_a_film_and_without_a_cue_the_score_does_not(tmp_path: Path) -> None:
    (session, *_) = draw_cohort(2014, subjects=4, sessions=2, subject_share=0.0)
    written = {}
    for cue_in, cue, bdi in itertools.product(("dynamics", "appearance"), (0.0, 2.0), (0, 45)):
        (film, *_) = simulated_videos(tmp_path, [replace(session, bdi=bdi)], 2014, cue, 12, 7.5, (128, 96), cue_in)
        write_simulated_video(film)
        written[cue_in, cue, bdi] = film.path.read_bytes()
    for cue_in in ("dynamics", "appearance"):
        assert written[cue_in, 0.0, 0] == written[cue_in, 0.0, 45]
        assert written[cue_in, 2.0, 0] != written[cue_in, 2.0, 45]
    assert written["dynamics", 2.0, 45] != written["appearance", 2.0, 45]
