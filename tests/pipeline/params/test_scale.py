"""The value of corpus.scale: names, scales of one's own, what contradicts them, and the cut and column beside it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params.check import check_params
from pipeline.params.errors import ParamsError
from pipeline.params.scale import scale_names, written_out
from pipeline.severity.scale import scale_of

ROOT = Path(__file__).parents[3]
OWN = {"name": "Mood", "lowest": 1, "highest": 9, "bands": {"low": 1, "high": 6}}
DRAWN = {"enabled": True}


def _params(simulate: dict[str, Any] | None = None, **corpus: Any) -> Any:
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    values["corpus"] |= corpus
    values["simulate"] |= simulate or {}
    return check_params(values)


@pytest.mark.parametrize("name", ["bdi-ii", "phq-8", "phq-9", "hamd-17", "madrs"])
def test_a_known_name_stands_for_the_scale_that_stages_use(name: str) -> None:
    scale = _params(scale=name).corpus.scale
    assert scale == name and name in scale_names()
    assert scale_of(written_out(scale).model_dump()) == scale_of(name)


def test_a_scale_of_ones_own_reaches_the_stages() -> None:
    scale = scale_of(_params(scale=OWN).corpus.scale)
    assert (scale.name, scale.score_range, [band.name for band in scale.bands]) == ("Mood", (1, 9), ["low", "high"])


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        ("phq", r"corpus\.scale is \"phq\"; allowed: bdi-ii, phq-8, phq-9, hamd-17, madrs, or a scale of one's own"),
        (7, r"corpus\.scale is 7; allowed: bdi-ii"),
        ({**OWN, "name": "a$b"}, r"corpus\.scale\.name is 'a\$b'; allowed: 1 to 40 letters"),
        ({**OWN, "lowest": 1.5}, r"corpus\.scale\.lowest is 1\.5; allowed: a whole number"),
        ({**OWN, "bands": {"all": 1}}, r"corpus\.scale\.bands is \{'all': 1\}; allowed: at least two"),
        ({**OWN, "bands": {"a/b": 1, "c": 2}}, r"corpus\.scale\.bands is .*; allowed: at least two"),
        ({**OWN, "bands": {"low": 0, "high": 6}}, r"bands begin at 0, 6; allowed: .*corpus\.scale\.lowest \(1\)"),
        ({**OWN, "bands": {"low": 1, "high": 10}}, r"bands begin at 1, 10; allowed: .*highest \(9\)"),
        ({**OWN, "bands": {"low": 1, "high": 1}}, r"bands begin at 1, 1; allowed: different scores"),
        ({**OWN, "top": 9}, r"corpus\.scale\.top is not a known key; corpus\.scale has the keys name, lowest"),
        ({"name": "Mood", "lowest": 0, "highest": 9}, r"corpus\.scale\.bands is missing; allowed: at least two"),
    ],
)
def test_a_wrong_scale_is_refused_with_what_is_allowed(scale: Any, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        _params(scale=scale)


@pytest.mark.parametrize("layout", ["avec2013", "avec2014"])
def test_avec_takes_another_scale_only_if_it_is_simulated(layout: str) -> None:
    assert _params(DRAWN, scale="phq-9", layout=layout).corpus.scale == "phq-9"
    with pytest.raises(ParamsError, match=f"corpus.scale is PHQ-9, but corpus.layout is {layout}, whose scores are of"):
        _params({"enabled": False}, scale="phq-9", layout=layout)
    assert _params({"enabled": False}, scale="phq-9", layout="videos").corpus.scale == "phq-9"
    external = {"layout": layout, "root": "a", "labels_root": "a", "shared_subjects": False}
    with pytest.raises(ParamsError, match=f"but corpus.external.layout is {layout}"):
        _params({"enabled": False}, scale="phq-9", layout="videos", external=external)


@pytest.mark.parametrize(
    ("scale", "cut", "allowed"),
    [("phq-9", 10, True), ("phq-9", 27, True), ("phq-9", 28, False), ("phq-9", 0, False), (OWN, 9.5, False)],
)
def test_a_cut_lies_within_the_scale(scale: Any, cut: float, allowed: bool) -> None:
    if allowed:
        assert _params(scale=scale, cut=cut).corpus.cut == cut
    else:
        with pytest.raises(ParamsError, match=rf"corpus\.cut is {cut:g}, but \S+ has scores from \d+ to \d+; allowed"):
            _params(scale=scale, cut=cut)


def test_a_column_of_scores_needs_a_table() -> None:
    assert _params(layout="videos", score_column="phq9_followup").corpus.score_column == "phq9_followup"
    with pytest.raises(ParamsError, match=r"corpus\.score_column is phq9, but corpus\.layout is avec2014"):
        _params(score_column="phq9")
