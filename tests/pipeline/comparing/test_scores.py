"""The paired difference between the errors of two sides."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.comparing.render import NOT_VARIED, seeds_sentence, verdict
from pipeline.comparing.repeats import gather_repeats
from pipeline.comparing.scores import Comparison, PairedError, compare_sides
from pipeline.comparing.videos import check_same_videos
from pipeline.records.predictions import ScoredEstimate
from pipeline.statistics.errors import mae
from pipeline.statistics.interval import Interval
from pipeline.statistics.statistic import difference
from tests.pipeline.comparing.material import estimates, off_by, run
from tests.pipeline.experiments.material import make_project, run_here

FIRST = {"a1": (10.0, 12.0), "a2": (20.0, 24.0), "b1": (30.0, 29.0), "c1": (5.0, 2.0)}
SECOND = {"a1": (10.0, 11.0), "a2": (20.0, 20.0), "b1": (30.0, 33.0), "c1": (5.0, 5.0)}


def test_difference_by_hand() -> None:
    comparison = compare_sides(gather_repeats("A", [run("A", FIRST)]), gather_repeats("B", [run("B", SECOND)]))
    assert (comparison.models, comparison.varied, comparison.videos, comparison.subjects) == ((1, 1), (), 4, 3)
    errors = {item.metric: item for item in comparison.errors}
    # errors 2, 4, 1, 3 and 1, 0, 3, 0: their squares sum to 30 and 10
    assert errors["rmse"].first.value == pytest.approx(np.sqrt(30 / 4))
    assert errors["rmse"].second.value == pytest.approx(np.sqrt(10 / 4))
    assert errors["rmse"].difference.value == pytest.approx(np.sqrt(10 / 4) - np.sqrt(30 / 4))
    assert (errors["mae"].first.value, errors["mae"].second.value) == (2.5, 1.0)
    # without a: 1.5 - 2; without b: 1 / 3 - 3; without c: 4 / 3 - 7 / 3
    truth, first, second = (np.array(column) for column in ([10.0, 20, 30, 5], [12.0, 24, 29, 2], [11.0, 20, 33, 5]))
    assert errors["mae"].difference == difference(mae.of(truth, second), mae.of(truth, first)).interval(list("aabc"))
    assert errors["mae"].contains_zero is True


def test_a_shift_of_all_estimates_is_no_noise_of_subjects() -> None:
    sides = [gather_repeats(name, [off_by(name, error, "a", "b", "c")]) for name, error in (("A", 1), ("B", 3))]
    for error in compare_sides(*sides).errors:
        assert (error.difference.value, error.difference.low, error.difference.high) == pytest.approx((2, 2, 2))
        assert error.contains_zero is False


def test_a_side_with_repeats_lends_its_seeds() -> None:
    repeated = gather_repeats("A", [off_by(f"A{seed}", seed, "a", "b", "c", finetuning=seed) for seed in (1, 2, 3)])
    single = gather_repeats("B", [off_by("B", 3, "a", "b", "c")])
    comparison = compare_sides(repeated, single)
    assert (comparison.models, comparison.varied) == ((3, 1), ("finetune.seed",))
    error = comparison.errors[1]
    assert (error.first_values, error.second_values) == ((1, 2, 3), (3,))
    # 3 minus 2 with the variance 1 / 3 + 1 and two degrees of freedom
    assert error.difference.high == pytest.approx(1 + 4.3027 * (4 / 3) ** 0.5, rel=1e-4)
    assert comparison.inside_noise(error) is True
    assert "inside the noise: with other subjects and seeds, B could" in verdict(comparison, error)
    assert seeds_sentence(comparison).endswith("What other seeds do to B is taken from A.")


RUNS = Comparison("a", "b", (1, 1), (), 6, 3, ())
SEEDS = Comparison("a", "b", (2, 3), ("finetune.seed",), 6, 3, ())


def _error(*difference: float, why: str = "") -> PairedError:
    value, low, high = (*difference, None, None)[:3]
    assert value is not None
    return PairedError("rmse", Interval(8, 7, 9), Interval(8, 6, 8), Interval(value, low, high, why), (8,), (8,))


def test_verdicts() -> None:
    assert verdict(RUNS, _error(-0.5, -1.25, 0.75)) == (
        "RMSE: the difference of 0.50 points is inside the noise: with other subjects, b could as well be 1.25 better "
        "as 0.75 worse."
    )
    worse, outside = "b is worse than a by 1.00 points (0.25 to 1.75)", _error(1, 0.25, 1.75)
    assert verdict(RUNS, outside) == (
        f"RMSE: of these two runs, {worse}: more than other subjects explain, but other seeds might."
    )
    assert verdict(SEEDS, outside) == f"RMSE: {worse}, more than the noise of other subjects and other seeds."
    assert (RUNS.inside_noise(outside), SEEDS.inside_noise(outside)) == (None, False)
    assert (RUNS.inside_noise(_error(1, -1, 3)), SEEDS.inside_noise(_error(1))) == (True, None)
    assert "is not known: there are fewer than 3 subjects." in verdict(
        RUNS, _error(1, why="there are fewer than 3 subjects")
    )
    assert seeds_sentence(RUNS) == NOT_VARIED and "luck of training" in NOT_VARIED
    assert seeds_sentence(SEEDS) == "Seeds: 2 models of a, 3 of b, which differ in finetune.seed."


def test_different_videos_are_refused_by_name() -> None:
    first, second = estimates(FIRST), estimates(SECOND)
    with pytest.raises(
        ValueError, match=r"1 videos are estimated by A alone \(c1\); 1 videos are estimated by B alone \(d1\)"
    ):
        check_same_videos("A", first, "B", [*second[:3], ScoredEstimate("d1", "d", 1, 1, 1)])
    with pytest.raises(ValueError, match=r"1 videos have another score or subject in each \(c1\)"):
        check_same_videos("A", first, "B", [*second[:3], ScoredEstimate("c1", "c", 6, 1, 1)])
    many = [ScoredEstimate(f"x{number}", "x", 1, 1, 1) for number in range(7)]
    with pytest.raises(ValueError, match=r"7 videos .* B alone \(x0, x1, x2, x3, x4 and 2 more\)"):
        check_same_videos("A", first, "B", [*second, *many])
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
    assert "of these two runs, HEAD is worse than HEAD~1 by 2.10 points (2.10 to 2.10): more than" in result.output
    assert "Seeds were not varied" in result.output
    comparison = json.loads(_compare("HEAD", "workspace", "--json").output)
    assert (comparison["videos"], comparison["subjects"]) == (6, 3)
    entry = comparison["errors"][0]["difference"]
    assert (entry["value"], entry["low"], entry["high"]) == (0, 0, 0)
    assert comparison["errors"][0]["inside_noise"] is True
    assert comparison["varied"] == []
    Path("results/predictions.csv").unlink()  # a link to DVC's cache
    Path("results/predictions.csv").write_text("recording,subject,score,estimate,clips\n1_1,1,11,twelve,1\n")
    assert "workspace: results/predictions.csv: row 2: could not convert" in _compare("HEAD", "workspace").output
    assert "HEAD~2: no results/predictions.csv, neither in Git nor in DVC's cache" in _compare("HEAD~2", "HEAD").output
    assert "nobody: neither an experiment nor a revision of Git" in _compare("nobody", "HEAD").output


def test_sides_of_several_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path / "project", monkeypatch)
    for depth, seed in ((27, 1), (27, 3), (69, 1), (69, 5)):
        run_here(f"depth {depth}, seed {seed}", model__depth=depth, finetune__seed=seed)
    result = _compare("HEAD~3,HEAD~2", "HEAD~1, HEAD")
    assert result.exit_code == 0, result.output
    # 1.36 and 1.38, 3.46 and 3.50: the difference 3.48 - 1.37 of means
    assert "HEAD~1 and 1 more is worse than HEAD~3 and 1 more by 2.11 points" in result.output
    assert "more than the noise of other subjects and other seeds." in result.output
    assert "2 models of HEAD~3 and 1 more, 2 of HEAD~1 and 1 more, which differ in finetune.seed." in result.output
    assert "2 seeds, sd 0.01" in result.output
    mixed = _compare("HEAD~2,HEAD~1", "HEAD")
    assert mixed.exit_code == 1
    message = " ".join(mixed.output.split())
    assert "HEAD~2, HEAD~1 are no repeats of one configuration: they differ in model.depth" in message
    assert "allowed: differences in pretrain.seed, finetune.seed, corpus.fold" in message
    assert "the same parameters but for corpus.fold" in " ".join(_compare("HEAD,HEAD", "HEAD~1").output.split())
    assert "no name of an experiment" in _compare(",", "HEAD").output
