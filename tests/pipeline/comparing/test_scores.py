"""The paired difference of two experiments."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.comparing.render import verdict
from pipeline.comparing.scores import Paired, check_same_videos, paired
from pipeline.experiments.estimates import Estimate
from pipeline.scoring.intervals import Interval
from tests.pipeline.experiments.material import make_project, run_here


def _estimates(values: dict[str, tuple[float, float]]) -> list[Estimate]:
    return [Estimate(name, name[0], bdi, estimate) for name, (bdi, estimate) in values.items()]


OURS = _estimates({"a1": (10, 12), "a2": (20, 24), "b1": (30, 29), "c1": (5, 2)})
THEIRS = _estimates({"a1": (10, 11), "a2": (20, 20), "b1": (30, 33), "c1": (5, 5)})


def test_the_difference_by_hand() -> None:
    errors = {item.figure: item for item in paired(OURS, THEIRS, 200, 0)}
    # errors 2 4 1 3 and 1 0 3 0: squares sum to 30 and 10
    assert errors["rmse"].first.value == pytest.approx(np.sqrt(30 / 4))
    assert errors["rmse"].second.value == pytest.approx(np.sqrt(10 / 4))
    assert errors["rmse"].difference.value == pytest.approx(np.sqrt(10 / 4) - np.sqrt(30 / 4))
    assert (errors["mae"].first.value, errors["mae"].second.value) == (2.5, 1.0)
    # subject b alone: 3 - 1 = 2 worse; a alone: 0.5 - 3 = -2.5; c alone: -3; each in 1 of 27 draws
    assert errors["mae"].difference.low == -3.0
    assert errors["mae"].difference.high == 2.0
    assert errors["mae"].inside_noise is True


def test_a_shift_of_all_is_no_noise() -> None:
    shifted = [Estimate(item.recording, item.subject, item.bdi, item.bdi + 1) for item in OURS]
    further = [Estimate(item.recording, item.subject, item.bdi, item.bdi + 3) for item in OURS]
    for error in paired(shifted, further, 200, 0):
        assert (error.difference.value, error.difference.low, error.difference.high) == pytest.approx((2, 2, 2))
        assert error.inside_noise is False


def test_words() -> None:
    noise = Paired("rmse", Interval(8, 7, 9), Interval(7.5, 6, 8), Interval(-0.5, -1.25, 0.75))
    assert verdict("a", "b", noise) == (
        "RMSE: the difference of 0.50 points is inside the noise: with other subjects, b could as well be 1.25 better "
        "as 0.75 worse."
    )
    worse = Paired("mae", Interval(5, 4, 6), Interval(6, 5, 7), Interval(1, 0.25, 1.75))
    assert "MAE: b is worse than a by 1.00 points (0.25 to 1.75), more than the noise" in verdict("a", "b", worse)
    alone = Paired("mae", Interval(5, None, None), Interval(6, None, None), Interval(1, None, None))
    assert "fewer than two subjects" in verdict("a", "b", alone)


def test_other_videos_are_refused_by_name() -> None:
    with pytest.raises(
        ValueError, match=r"1 videos are estimated by A alone \(c1\); 1 videos are estimated by B alone \(d1\)"
    ):
        check_same_videos("A", OURS, "B", [*THEIRS[:3], Estimate("d1", "d", 1, 1)])
    with pytest.raises(ValueError, match=r"1 videos have another score or subject in each \(c1\)"):
        check_same_videos("A", OURS, "B", [*THEIRS[:3], Estimate("c1", "c", 6, 1)])
    many = [Estimate(f"x{number}", "x", 1, 1) for number in range(7)]
    with pytest.raises(ValueError, match=r"7 videos .* B alone \(x0, x1, x2, x3, x4 and 2 more\)"):
        check_same_videos("A", OURS, "B", [*THEIRS, *many])
    with pytest.raises(ValueError, match="neither has a video with a score"):
        check_same_videos("A", [], "B", [])


def _msn(*words: str) -> Result:
    return CliRunner().invoke(app, ["compare", *words])


def test_two_commits_and_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path / "project", monkeypatch)
    run_here("depth 27")
    run_here("depth 69", model__depth=69)
    found = _msn("HEAD~1", "HEAD")
    assert found.exit_code == 0, found.output
    # everything is off by depth / 20 + seed / 100: 1.36 and 3.46
    assert "HEAD is worse than HEAD~1 by 2.10 points (2.10 to 2.10), more than the noise" in found.output
    told = json.loads(_msn("HEAD", "workspace", "--json").output)
    assert (told["videos"], told["subjects"]) == (6, 3)
    assert told["errors"][0]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert told["errors"][0]["inside_noise"] is True
    Path("results/predictions.csv").write_text("recording,subject,bdi,estimate\n1_1,1,11,twelve\n")
    assert "workspace: results/predictions.csv: row 2: could not convert" in _msn("HEAD", "workspace").output
    assert "HEAD~2: no results/predictions.csv, neither in Git nor in DVC's cache" in _msn("HEAD~2", "HEAD").output
    assert "nobody: neither an experiment nor a revision of Git" in _msn("nobody", "HEAD").output
