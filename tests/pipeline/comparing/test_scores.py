"""The paired difference between the errors of two experiments."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.comparing.render import verdict
from pipeline.comparing.scores import PairedError, check_same_videos, paired_errors
from pipeline.records.predictions import ScoredEstimate
from pipeline.statistics.interval import Interval
from tests.pipeline.experiments.material import make_project, run_here


def _estimates(values: dict[str, tuple[float, float]]) -> list[ScoredEstimate]:
    return [ScoredEstimate(name, name[0], bdi, estimate, 1) for name, (bdi, estimate) in values.items()]


FIRST = _estimates({"a1": (10, 12), "a2": (20, 24), "b1": (30, 29), "c1": (5, 2)})
SECOND = _estimates({"a1": (10, 11), "a2": (20, 20), "b1": (30, 33), "c1": (5, 5)})


def test_difference_by_hand() -> None:
    errors = {item.metric: item for item in paired_errors(FIRST, SECOND)}
    # errors 2, 4, 1, 3 and 1, 0, 3, 0: their squares sum to 30 and 10
    assert errors["rmse"].first.value == pytest.approx(np.sqrt(30 / 4))
    assert errors["rmse"].second.value == pytest.approx(np.sqrt(10 / 4))
    assert errors["rmse"].difference.value == pytest.approx(np.sqrt(10 / 4) - np.sqrt(30 / 4))
    assert (errors["mae"].first.value, errors["mae"].second.value) == (2.5, 1.0)
    # Difference -1.5; without a -1/2, without b -8/3, without c -1: from their mean 16/18, -23/18 and 7/18, so a
    # variance of 2/3 (256 + 529 + 49) / 324 = 139/81. Student's t with two degrees of freedom is 4.3027.
    reach = 4.3027 * np.sqrt(139) / 9
    ends = (errors["mae"].difference.low, errors["mae"].difference.high)
    assert ends == pytest.approx((-1.5 - reach, -1.5 + reach), rel=1e-4)
    assert errors["mae"].inside_noise is True


def test_a_shift_of_all_estimates_is_no_noise() -> None:
    first = [ScoredEstimate(item.recording, item.subject, item.bdi, item.bdi + 1, 1) for item in FIRST]
    second = [ScoredEstimate(item.recording, item.subject, item.bdi, item.bdi + 3, 1) for item in FIRST]
    for error in paired_errors(first, second):
        assert (error.difference.value, error.difference.low, error.difference.high) == pytest.approx((2, 2, 2))
        assert error.inside_noise is False


def test_verdicts() -> None:
    noise = PairedError("rmse", Interval(8, 7, 9), Interval(7.5, 6, 8), Interval(-0.5, -1.25, 0.75))
    assert verdict("a", "b", noise) == (
        "RMSE: the difference of 0.50 points is inside the noise: with other subjects, b could as well be 1.25 better "
        "as 0.75 worse."
    )
    worse = PairedError("mae", Interval(5, 4, 6), Interval(6, 5, 7), Interval(1, 0.25, 1.75))
    assert "MAE: b is worse than a by 1.00 points (0.25 to 1.75), more than the noise" in verdict("a", "b", worse)
    without_interval = PairedError(
        "mae", Interval(5, None, None), Interval(6, None, None), Interval(1, None, None, "why")
    )
    assert "the noise of the difference is not known: why." in verdict("a", "b", without_interval)


def test_different_videos_are_refused_by_name() -> None:
    with pytest.raises(
        ValueError, match=r"1 videos are estimated by A alone \(c1\); 1 videos are estimated by B alone \(d1\)"
    ):
        check_same_videos("A", FIRST, "B", [*SECOND[:3], ScoredEstimate("d1", "d", 1, 1, 1)])
    with pytest.raises(ValueError, match=r"1 videos have another score or subject in each \(c1\)"):
        check_same_videos("A", FIRST, "B", [*SECOND[:3], ScoredEstimate("c1", "c", 6, 1, 1)])
    many = [ScoredEstimate(f"x{number}", "x", 1, 1, 1) for number in range(7)]
    with pytest.raises(ValueError, match=r"7 videos .* B alone \(x0, x1, x2, x3, x4 and 2 more\)"):
        check_same_videos("A", FIRST, "B", [*SECOND, *many])
    with pytest.raises(ValueError, match="neither has a video with a score"):
        check_same_videos("A", [], "B", [])


def _compare(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare", *arguments])


def test_two_commits_and_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path / "project", monkeypatch)
    run_here("depth 27")
    run_here("depth 69", model__depth=69)
    result = _compare("HEAD~1", "HEAD")
    assert result.exit_code == 0, result.output
    # all estimates are off by depth / 20 + seed / 100: 1.36 and 3.46
    assert "HEAD is worse than HEAD~1 by 2.10 points (2.10 to 2.10), more than the noise" in result.output
    comparison = json.loads(_compare("HEAD", "workspace", "--json").output)
    assert (comparison["videos"], comparison["subjects"]) == (6, 3)
    assert comparison["errors"][0]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0, "why": ""}
    assert comparison["errors"][0]["inside_noise"] is True
    Path("results/predictions.csv").unlink()  # a link to DVC's cache
    Path("results/predictions.csv").write_text("recording,subject,bdi,estimate,clips\n1_1,1,11,twelve,1\n")
    assert "workspace: results/predictions.csv: row 2: could not convert" in _compare("HEAD", "workspace").output
    assert "HEAD~2: no results/predictions.csv, neither in Git nor in DVC's cache" in _compare("HEAD~2", "HEAD").output
    assert "nobody: neither an experiment nor a revision of Git" in _compare("nobody", "HEAD").output
