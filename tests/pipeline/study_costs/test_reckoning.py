"""The time of a stage, from noted runs whose rates are known by construction."""

from copy import deepcopy
from typing import Any

import pytest

from pipeline.params.check import check_params
from pipeline.runtime.stage_times import StageTime
from pipeline.study_costs.reckoning import MEASURED, RECKONED, TIMED, UNKNOWN, Reckoning, reckon, total
from pipeline.study_costs.stage_work import trained_clips, work_of


def _params(smallest: dict[str, Any], **values: Any) -> dict[str, Any]:
    params = deepcopy(smallest)
    for name, value in values.items():
        section, key = name.split("__")
        params[section][key] = value
    return params


def _reckon(stage: str, params: dict[str, Any], *runs: tuple[float, dict[str, Any]]) -> Reckoning:
    times = [StageTime("here", seconds, values) for seconds, values in runs]
    return reckon(stage, check_params(params), times, step=lambda _: 0.5)


def test_equal_work_is_measured(smallest: dict[str, Any]) -> None:
    runs = [(100.0, smallest), (130.0, _params(smallest, finetune__seed=9)), (120.0, smallest)]
    other = (7.0, _params(smallest, finetune__epochs=3))  # of other work: not asked if there is equal work
    measured = _reckon("finetune", smallest, *runs, other)
    assert (measured.source, measured.seconds) == (MEASURED, 120.0)
    assert (measured.low, measured.high) == pytest.approx((100 / 1.3, 130 * 1.3))


def test_more_work_takes_as_much_longer(smallest: dict[str, Any]) -> None:
    longer = _params(smallest, finetune__epochs=3, finetune__batch=4)  # 3 x 2 x 4 clips for 1 x 2 x 2
    reckoned = _reckon("finetune", longer, (10.0, smallest))
    assert reckoned.source == RECKONED
    assert (reckoned.seconds, reckoned.low, reckoned.high) == pytest.approx((60, 30, 120))
    # The corpus is drawn 3 x as large: 6 sessions for 2, of which every frame is decoded.
    assert _reckon("decode", _params(smallest, simulate__sessions=6), (4.0, smallest)).seconds == pytest.approx(12)


def test_a_wider_network_takes_longer_by_its_multiply_adds(smallest: dict[str, Any]) -> None:
    """Of a convolution, twice the channels in and out are four times the multiply-adds; most layers are such."""
    once, wider = (_params(smallest, model__width=width) for width in (0.25, 0.5))
    assert 3.0 < _reckon("pretrain", wider, (10.0, once)).seconds / 10 <= 4.0


def test_pretraining_sees_whole_batches_of_the_images_that_are_not_held_out(smallest: dict[str, Any]) -> None:
    params = _params(
        smallest, simulate__identities=5, simulate__images=10, pretrain__held_out=0.2, pretrain__batch=12,
        pretrain__epochs=7,
    )  # fmt: skip
    assert trained_clips("pretrain", check_params(params)) == 7 * 36  # 40 images fill 3 batches


def test_other_kinds_of_work_and_earlier_versions_say_nothing(smallest: dict[str, Any]) -> None:
    other = _params(smallest, model__name="i3d")
    earlier = {name: section for name, section in smallest.items() if name != "explain"}
    assert _reckon("explain", smallest, (9.0, other), (9.0, earlier)) == Reckoning(UNKNOWN)


def test_a_training_without_earlier_runs_is_timed(smallest: dict[str, Any]) -> None:
    clips = 1 * 2 * 2  # epochs, steps, batch; half a second for each
    assert _reckon("finetune", smallest) == Reckoning(TIMED, clips * 0.5, clips * 0.25, clips * 1.0)
    assert _reckon("pretrain", _params(smallest, pretrain__source="none")) == Reckoning(UNKNOWN)
    assert _reckon("finetune", _params(smallest, estimator__name="lpq_svr")) == Reckoning(UNKNOWN)


def test_a_real_step_is_timed(smallest: dict[str, Any]) -> None:
    timed = reckon("finetune", check_params(smallest), [])
    assert timed.source == TIMED and 0 < timed.low < timed.seconds < timed.high


def test_a_list_of_images_that_is_elsewhere_leaves_the_time_unknown(smallest: dict[str, Any]) -> None:
    real = _params(smallest, simulate__enabled=False, identities__list="/nowhere/list.txt")
    assert _reckon("pretrain", real, (10.0, real)) == Reckoning(UNKNOWN)


def test_work_of_an_unlisted_stage_does_not_change(smallest: dict[str, Any]) -> None:
    assert work_of("complexity", check_params(smallest)) == work_of(
        "complexity", check_params(_params(smallest, model__depth=99))
    )


def test_a_sum_adds_the_ends_of_the_ranges() -> None:
    items = [Reckoning(MEASURED, 10, 8, 13), Reckoning(UNKNOWN), Reckoning(RECKONED, 20, 10, 40)]
    assert total(items) == Reckoning(UNKNOWN, 30, 18, 53)
    assert total([]) == Reckoning(MEASURED)
