"""The origin of a corpus: written beside it, passed on, and what it means for a model."""

from pathlib import Path

import pytest

from pipeline.records.origin import DRAWN, PLANTED, Origin
from pipeline.records.origin_file import origin_of_corpus, read_origin, write_origin

HIDDEN = "fitted to a drawn corpus that does not show the score (simulate.cue is 0)"


@pytest.mark.parametrize("origin", [None, Origin(DRAWN, 2.0, "dynamics"), Origin(PLANTED, 1.5, "dynamics", "f" * 64)])
def test_it_reads_as_it_was_written(tmp_path: Path, origin: Origin | None) -> None:
    write_origin(tmp_path / "origin.json", origin)
    assert read_origin(tmp_path / "origin.json") == origin_of_corpus(tmp_path) == origin


def test_a_recorded_corpus_has_none(tmp_path: Path) -> None:
    assert origin_of_corpus(tmp_path) is None


@pytest.mark.parametrize("text", ['{"kind": "recorded", "cue": 1, "cue_in": "dynamics"}', '{"kind": "drawn"}'])
def test_what_is_no_origin_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "origin.json").write_text(text)
    with pytest.raises(ValueError, match=r"cue|allowed: drawn, planted"):
        read_origin(tmp_path / "origin.json")


def test_a_corpus_whose_dynamics_do_not_show_the_score_makes_a_control() -> None:
    assert Origin(DRAWN, 2.0, "dynamics").controls == Origin(PLANTED, 0.5, "dynamics").controls == ()
    assert Origin(DRAWN, 0.0, "dynamics").controls == Origin(DRAWN, 0.0, "appearance").controls == (HIDDEN,)
    assert "planted corpus that does not show the score" in Origin(PLANTED, 0.0, "dynamics").controls[0]
    assert "shows the score at rest (simulate.cue_in)" in Origin(DRAWN, 2.0, "appearance").controls[0]


def test_the_sentence_says_what_the_model_does_not_know() -> None:
    assert "drawn faces and knows nothing of people" in Origin(DRAWN, 2.0, "dynamics").demonstration
    assert "knows nothing of depression" in Origin(PLANTED, 2.0, "dynamics").demonstration
