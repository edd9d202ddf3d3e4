"""What makes a run a control, and that each such value is one that params.yaml allows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params.check import check_params
from pipeline.params.controls import CONTROLS, control_reasons, control_warning
from pipeline.studies.definition import points, read_study

ROOT = Path(__file__).parents[3]
BASE = yaml.safe_load((ROOT / "params.yaml").read_text())
KEYS = [key for key in CONTROLS if key.partition(".")[2] in BASE[key.partition(".")[0]]]


def _params(**changes: Any) -> dict[str, Any]:
    params = {name: dict(section) for name, section in BASE.items()}
    for key, value in changes.items():
        section, _, name = key.partition("__")
        params[section][name] = value
    return params


def test_the_demo_is_no_control() -> None:
    assert control_reasons(BASE) == {} and control_warning(BASE) is None


def test_a_control_says_what_it_is_and_by_which_keys() -> None:
    params = _params(corpus__labels="permuted_subjects", evaluate__order="frozen")
    assert control_warning(params) == (
        "A CONTROL, and no result: its scores are permuted among subjects and the frames of its clips are frozen "
        "in testing (corpus.labels, evaluate.order)."
    )


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in KEYS for value in CONTROLS[key]])
def test_every_control_is_an_allowed_value(key: str, value: Any) -> None:
    params = _params(**{key.replace(".", "__"): value})
    check_params(params)
    assert list(control_reasons(params)) == [key]


def test_settings_of_a_simulated_corpus_that_is_not_used_make_no_control() -> None:
    assert control_reasons(_params(simulate__cue=0.0, simulate__enabled=False)) == {}
    assert control_reasons(_params(simulate__cue=0.0)) != {}


def test_an_earlier_version_without_the_keys_is_no_control() -> None:
    assert control_reasons({"model": {"name": "msn"}, "evaluate": {"phases": 1}}) == {}


def test_the_rows_of_the_study_of_controls_are_controls() -> None:
    rows = {point.row: point.params for point in points(read_study("controls", ROOT / "studies"), BASE, {})}
    assert [row for row, params in rows.items() if not control_reasons(params)] == [
        "as it is",
        "subjects alike over sessions (the identity look-up wins on seen ones)",  # another corpus, nothing taken away
    ]
