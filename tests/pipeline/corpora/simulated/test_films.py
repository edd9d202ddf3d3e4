"""The same film is the same bytes every time it is drawn and encoded."""

from dataclasses import replace
from pathlib import Path

from pipeline.corpora.simulated.avec_tree import films, write_film
from pipeline.corpora.simulated.cohort import draw_cohort


def test_a_film_has_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Many times, for an encoder that varies does so now and then."""
    cohort = draw_cohort(2014, subjects=4, sessions=2, subject_share=0.0)
    drawn = films(tmp_path, cohort, 2014, 2.0, 48, 7.5, (160, 120))[:2]
    for film in drawn:
        written = set()
        for turn in range(8):
            again = replace(film, path=tmp_path / f"{turn}.mp4")
            write_film(again)
            written.add(again.path.read_bytes())
        assert len(written) == 1
