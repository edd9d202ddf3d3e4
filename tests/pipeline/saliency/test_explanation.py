"""Explanations on disk, and their checks."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.hashing import folder_digest
from pipeline.saliency.explanation import read_explanations, write_explanation
from tests.pipeline.saliency.material import LENGTH, SIZE, explanation


def test_round_trip(tmp_path: Path) -> None:
    written = {"severe": explanation("severe", seed=1, absent=[0, 3]), "minimal": explanation("minimal")}
    for band, item in written.items():
        write_explanation(tmp_path / band, item)
    read = read_explanations(tmp_path)
    assert list(read) == ["minimal", "severe"]
    for band, item in written.items():
        assert asdict(read[band].metadata) == asdict(item.metadata)
        for name in ("faces", "relevance", "present"):
            expected, array = getattr(item, name), getattr(read[band], name)
            assert np.array_equal(expected, array) and expected.dtype == array.dtype
    assert read_explanations(tmp_path / "nothing") == {}


def test_equal_explanations_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_explanation(tmp_path / name, explanation())
    write_explanation(tmp_path / "third", explanation(seed=2))
    assert folder_digest(tmp_path / "first") == folder_digest(tmp_path / "second") != folder_digest(tmp_path / "third")


def test_invalid_explanations_are_refused() -> None:
    item = explanation()
    with pytest.raises((ValueError, TypeError), match="relevance"):  # under pytest jaxtyping checks shapes first
        replace(item, relevance=np.zeros((LENGTH, SIZE, SIZE + 1), np.float32))
    with pytest.raises(ValueError, match="anna: the relevance is not finite everywhere"):
        replace(item, relevance=np.full((LENGTH, SIZE, SIZE), np.nan, np.float32))
