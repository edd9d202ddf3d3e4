"""Which runs are repeats of each other, and which are folds of one model."""

import numpy as np
import pytest

from pipeline.comparing.repeats import gather_repeats
from pipeline.comparing.seeded import seeded_value
from pipeline.statistics.errors import mae
from tests.pipeline.comparing.material import off_by, run


def test_every_run_of_another_seed_is_a_repeat() -> None:
    repeats = gather_repeats("x", [off_by(f"s{seed}", seed, "a", "b", finetuning=seed) for seed in (1, 2, 3)])
    assert [model.tolist() for model in repeats.models] == [[[11, 11]], [[12, 12]], [[13, 13]]]
    assert repeats.varied == ("finetune.seed",)
    both = gather_repeats("x", [off_by(f"s{seed}", seed, "a", pretraining=seed, finetuning=seed) for seed in (1, 2)])
    assert [len(model) for model in both.models] == [1, 1]
    assert both.varied == ("pretrain.seed", "finetune.seed")


def test_runs_of_one_pretraining_are_no_independent_repeats() -> None:
    grid = [
        off_by(
            f"p{pretraining}f{finetuning}",
            10 * pretraining + finetuning,
            "a",
            "b",
            pretraining=pretraining,
            finetuning=finetuning,
        )
        for pretraining in (1, 2)
        for finetuning in (1, 3)
    ]
    repeats = gather_repeats("x", grid)
    assert [len(model) for model in repeats.models] == [2, 2]  # two pretrainings, with two runs each
    value = seeded_value(repeats, mae)
    assert value is not None
    assert value.values == (12.0, 22.0)  # the means of 11 and 13, of 21 and 23
    assert value.deviation == pytest.approx(50**0.5)  # between pretrainings


def test_folds_are_pooled_and_are_no_repeats() -> None:
    folds = [off_by("f0", 3, "a1", "a2", fold=0), off_by("f1", 1, "b1", "c1", fold=1)]
    repeats = gather_repeats("x", folds)
    assert (len(repeats.models), repeats.varied) == (1, ())
    assert [item.recording for item in repeats.videos] == ["a1", "a2", "b1", "c1"]
    assert np.abs(repeats.models[0] - 10).tolist() == [[3, 3, 1, 1]]
    further = [off_by("g0", 5, "a1", "a2", fold=0, finetuning=2), off_by("g1", 7, "b1", "c1", fold=1, finetuning=2)]
    repeats = gather_repeats("x", [*folds, *further])
    assert [(model - 10).tolist() for model in repeats.models] == [[[3, 3, 1, 1]], [[5, 5, 7, 7]]]
    assert repeats.varied == ("finetune.seed",)


def test_runs_that_are_no_repeats_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"one, two: the same parameters but for corpus.fold, and some of the same"):
        gather_repeats("x", [off_by("one", 1, "a"), off_by("two", 2, "a")])
    with pytest.raises(ValueError, match=r"1 videos are estimated by one alone \(a\)"):
        gather_repeats("x", [off_by("one", 1, "a", "b", finetuning=1), off_by("two", 1, "b", finetuning=2)])
    with pytest.raises(ValueError, match=r"1 videos have another score or subject in each \(a\)"):
        gather_repeats("x", [run("one", {"a": (1, 1)}, finetuning=1), run("two", {"a": (2, 1)}, finetuning=2)])
