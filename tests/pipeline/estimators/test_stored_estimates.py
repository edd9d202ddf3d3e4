"""Kept estimates come back as they were, and only for what determined them."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.estimators.clip_network import ClipNetwork
from pipeline.estimators.features import StoredFeatures
from pipeline.estimators.lpq_svr import LpqSvr
from pipeline.estimators.stored_estimates import FILE, StoredEstimates
from pipeline.records.estimates import SpanEstimate, VideoEstimate
from tests.pipeline.training.material import write_sequence

SPANS = (SpanEstimate(0, 0, 8, 8, 12.345678901234567), SpanEstimate(1, 3, 5, 5, -0.1))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_sequence(tmp_path / "sequences" / "r1", [9])


def _stored(**source: str) -> StoredEstimates:
    return StoredEstimates(ClipNetwork, source, StoredFeatures({}))


def test_an_estimate_comes_back_to_the_last_bit(recording: Path) -> None:
    estimate = VideoEstimate("r1", SPANS)
    assert _stored(model="a").find(recording, "plain") is None
    _stored(model="a").keep(recording, "plain", estimate)
    assert _stored(model="a").find(recording, "plain") == estimate


def test_what_determines_an_estimate_is_its_key(recording: Path, tmp_path: Path) -> None:
    kept = _stored(model="a")
    kept.keep(recording, "plain", VideoEstimate("r1", SPANS))
    assert _stored(model="b").find(recording, "plain") is None
    assert kept.find(recording, "compiled") is None
    assert replace(kept, estimator=LpqSvr).find(recording, "plain") is None
    other = write_sequence(tmp_path / "others" / "r1", [10])
    namesake = write_sequence(tmp_path / "sequences" / "r2", [9])  # equal content; the order of frames may differ
    assert (kept.find(other, "plain"), kept.find(namesake, "plain")) == (None, None)


def test_a_damaged_estimate_is_computed_again(recording: Path) -> None:
    kept = _stored(model="a")
    kept.keep(recording, "plain", VideoEstimate("r1", SPANS))
    (path,) = kept.store.folder.rglob(FILE)
    path.chmod(0o644)
    path.write_text(path.read_text().replace("12.3", "13.3"))
    assert kept.find(recording, "plain") is None
    kept.keep(recording, "plain", VideoEstimate("r1", SPANS))
    assert kept.find(recording, "plain") == VideoEstimate("r1", SPANS)
