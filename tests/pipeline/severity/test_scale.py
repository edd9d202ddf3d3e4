"""The severity scales against what their publications say, the bands of estimates, and scales that are written out."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from pipeline.severity.scale import Band, SeverityScale, scale_of

# Range and first score of each band, by hand from the publications that scales.yaml names.
PUBLISHED = {
    "bdi-ii": ("BDI-II", (0, 63), {"minimal": 0, "mild": 14, "moderate": 20, "severe": 29}),
    "phq-8": ("PHQ-8", (0, 24), {"minimal": 0, "mild": 5, "moderate": 10, "moderately severe": 15, "severe": 20}),
    "phq-9": ("PHQ-9", (0, 27), {"minimal": 0, "mild": 5, "moderate": 10, "moderately severe": 15, "severe": 20}),
    "hamd-17": ("HAM-D-17", (0, 52), {"normal": 0, "mild": 8, "moderate": 17, "severe": 24}),
    "madrs": ("MADRS", (0, 60), {"normal": 0, "mild": 7, "moderate": 20, "severe": 35}),
}
OWN = {"name": "Mood", "lowest": -5, "highest": 10, "bands": {"high": 3, "low": -5}}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_known_scales_are_those_of_their_publications(name: str) -> None:
    scale = scale_of(name)
    assert (scale.name, scale.score_range, {band.name: band.low for band in scale.bands}) == PUBLISHED[name]


def test_the_bands_of_the_paper_and_their_edges() -> None:
    """Figure 5 of the paper: minimal 0-13, mild 14-19, moderate 20-28, severe 29-63."""
    scale = scale_of("bdi-ii")
    assert [(band.low, band.high) for band in scale.bands] == [(0, 13), (14, 19), (20, 28), (29, 63)]
    assert [band.edges for band in scale.bands] == [(-0.5, 13.5), (13.5, 19.5), (19.5, 28.5), (28.5, 63.5)]
    assert all(lower.edges[1] == upper.edges[0] for lower, upper in pairwise(scale.bands))
    assert scale.edges == (13.5, 19.5, 28.5)


@pytest.mark.parametrize(
    ("score", "name"),
    [(0, "minimal"), (13.49, "minimal"), (13.5, "mild"), (19.5, "moderate"), (28, "moderate"), (28.5, "severe")],
)
def test_an_estimate_is_in_the_band_of_the_nearest_score(score: float, name: str) -> None:
    scale = scale_of("bdi-ii")
    assert scale.band_of(score).name == name
    assert (scale.band_of(-3.0).name, scale.band_of(99.0).name) == ("minimal", "severe")


def test_a_scale_of_ones_own_has_its_bands_in_order() -> None:
    scale = scale_of(OWN)
    assert scale == SeverityScale("Mood", -5, 10, (Band("low", -5, 2), Band("high", 3, 10)))
    assert (scale.width, str(scale), scale.points(0.2)) == (15, "Mood, -5 to 10", -2.0)
    assert [scale.band_of(score).name for score in (-9, 2.4, 2.5, 30)] == ["low", "low", "high", "high"]


@pytest.mark.parametrize("value", [*PUBLISHED, OWN])
def test_a_scale_is_read_as_it_was_written(value: object) -> None:
    scale = scale_of(value)
    assert scale_of(yaml.safe_load(yaml.safe_dump(scale.to_json()))) == scale  # which sorts the bands by name


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no scale 'phq'; allowed: bdi-ii, phq-8, phq-9, hamd-17, madrs, or one"):
        scale_of("phq")


@pytest.mark.parametrize(
    "bands",
    [
        (Band("all", 0, 9),),
        (Band("low", 0, 3), Band("high", 5, 9)),
        (Band("low", 1, 3), Band("high", 4, 9)),
        (Band("low", 0, 3), Band("high", 4, 8)),
        (Band("low", 0, 9), Band("high", 10, 9)),
    ],
)
def test_bands_share_the_whole_range_without_gaps(bands: tuple[Band, ...]) -> None:
    with pytest.raises(ValueError, match=r"Mood: bands .* allowed: at least two, which share 0 to 9 without gaps"):
        SeverityScale("Mood", 0, 9, bands)


# Files of pipeline/ that may speak of BDI-II or 63, with the reason.
MAY_NAME_BDI = {
    "params/corpus.py": "the scale of AVEC",
    "params/whole.py": "the scale of AVEC",
    "predicting/notice.py": "the errors that are published",
    "records/labels.py": "the name of a column in earlier tables",
    "report/scale.py": "the full names of scales",
    "severity/scale.py": "the default",
    "simulation/cohort.py": "the scores of AVEC",
}
OTHER_63 = {"data/seeding.py": "bits", "inspection/frame_times.py": "a frame", "simulation/cohort.py": "AVEC"}


def test_no_other_code_names_bdi_or_its_highest_score() -> None:
    root = Path(__file__).parents[3] / "pipeline"
    texts = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    without_examples = {name: re.sub(r'scale_of\("bdi-ii"\)', "", text) for name, text in texts.items()}
    named = {name for name, text in without_examples.items() if re.search("bdi", text, re.IGNORECASE)}
    assert named == set(MAY_NAME_BDI)
    numbered = {name for name, text in texts.items() if re.search(r"(?<![\w.,])63(?![\w.,]*\d)", text)}
    assert numbered - {"severity/scale.py"} <= set(OTHER_63)
