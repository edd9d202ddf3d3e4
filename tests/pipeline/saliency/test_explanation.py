"""Explanations on disk and at their border."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.hashing import folder_digest
from pipeline.saliency.explanation import read_explanations, write_explanation
from tests.pipeline.saliency.material import LENGTH, SIZE, explanation


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = {"severe": explanation("severe", seed=1, absent=[0, 3]), "minimal": explanation("minimal")}
    for band, item in written.items():
        write_explanation(tmp_path / band, item)
    found = read_explanations(tmp_path)
    assert list(found) == ["minimal", "severe"]
    for band, item in written.items():
        assert asdict(found[band].subject) == asdict(item.subject)
        for name in ("faces", "relevance", "present"):
            mine, theirs = getattr(item, name), getattr(found[band], name)
            assert np.array_equal(mine, theirs) and mine.dtype == theirs.dtype
    assert read_explanations(tmp_path / "nothing") == {}


def test_equal_explanations_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_explanation(tmp_path / name, explanation())
    write_explanation(tmp_path / "third", explanation(seed=2))
    assert folder_digest(tmp_path / "one") == folder_digest(tmp_path / "other") != folder_digest(tmp_path / "third")


def test_what_does_not_fit_is_refused() -> None:
    item = explanation()
    with pytest.raises((ValueError, TypeError), match="relevance"):  # under pytest the shape checker is first
        replace(item, relevance=np.zeros((LENGTH, SIZE, SIZE + 1), np.float32))
    with pytest.raises(ValueError, match="anna: the relevance is not a finite number"):
        replace(item, relevance=np.full((LENGTH, SIZE, SIZE), np.nan, np.float32))
    with pytest.raises(ValueError, match="anna: band 'grave'; allowed: minimal, mild, moderate, severe"):
        replace(item.subject, band="grave")
