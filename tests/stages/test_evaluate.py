"""The stage evaluate, in real runs: a tiny network on a few random faces, compared with the network called directly.

And with the other estimators, whose estimates are worked by hand or computed directly.
"""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from pipeline.models.description import Description, Target
from pipeline.models.weights import save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from pipeline.params.check import check_params
from pipeline.records.baseline_estimates import BASELINES
from pipeline.records.labels import Label, write_labels
from pipeline.runtime.damage import DamagedError
from pipeline.zarr_store import read_array
from stages.evaluate import main
from tests.pipeline.training.material import (
    INPUT_SPEC,
    MODEL,
    PREPROCESSING,
    overwrite_a_byte,
    save_model,
    write_checksums_of,
    write_sequence,
)
from tests.stages.baseline_tables import write_baselines
from tests.stages.model_folders import (
    FLAT_ESTIMATE,
    INTERCEPT,
    LEVELS,
    frame_network,
    save_frame_expectation,
    save_lpq_svr,
    write_flat_sequence,
)

ROOT = Path(__file__).parents[2]
LENGTH = 8
TARGET = Target(mean=20.0, deviation=10.0)
TRAINED = Description(MODEL, Regression(), LENGTH, TARGET)
FITTING = [
    Label("f1", "a", "1", "Freeform", "training", 10.0),
    Label("f2", "a", "2", "Freeform", "development", 10.0),
    Label("f3", "b", "1", "Freeform", "training", 31.0),
    Label("f4", "e", "1", "Freeform", "training", None),
]
TESTING = [
    Label("t1", "a", "3", "Freeform", "test", 12.0),
    Label("t2", "c", "1", "Northwind", "test", 25.0),
    Label("t3", "d", "1", "Northwind", "test", 3.0),
]
GAPS = ("frames", "absent_frames", "without_face", "without_clip", "missing")
CONSTANT = 17.0  # (10 + 10 + 31) / 3


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Sequences of 20 + 19, 10 + 9, 5 + 4 and 16 + 16 frames (two phases), labels, and an untrained network."""
    for seed, (name, phases) in enumerate({"t1": [20, 19], "t2": [10, 9], "t3": [5, 4], "f4": [16, 16]}.items()):
        write_sequence(tmp_path / "sequences" / name, phases, seed=seed)
    write_labels(tmp_path / "fitting.csv", FITTING)
    write_labels(tmp_path / "testing.csv", TESTING)
    write_baselines(tmp_path / "baselines", ("t1", "t2", "t3", "t4", "f4"))
    _save_network(tmp_path)
    return tmp_path


def _save_network(corpus: Path, absent: str = "skip", order: str = "recorded") -> None:
    """Write the untrained network as one that was fitted with this clip.absent and clip.order."""
    weights = build(MODEL, Regression(), seed=3).state_dict()
    input_spec = replace(INPUT_SPEC, absent=absent, order=order)
    save_model(corpus / "finetuned", weights, TRAINED, input_spec)


def _values(smallest: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the smallest parameters with changes of evaluate, of clip.length, and of finetune.validation."""
    values = {**smallest, "clip": {"length": changes.pop("length", LENGTH), "absent": "skip", "order": "recorded"}}
    values["subsample"] = {"factor": 2, "phases": 2}
    values["finetune"] = {**smallest["finetune"], "validation": changes.pop("validation", "none")}
    values["evaluate"] = {"phases": 1, "order": "recorded", "seed": 0, **changes}
    return values


def _paths(corpus: Path) -> list[Path]:
    names = ("sequences", "aligned", "fitting.csv", "testing.csv", "finetuned", "baselines", "metrics.json", "results")
    return [corpus / name for name in names]


@pytest.fixture
def evaluate(corpus: Path, smallest: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """A function that runs the stage with changed parameters and returns the content of metrics.json."""

    def run(**changes: Any) -> dict[str, Any]:
        main(check_params(_values(smallest, **changes)), *_paths(corpus))
        metrics: dict[str, Any] = json.loads((corpus / "metrics.json").read_text())
        return metrics

    return run


def _table(corpus: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(corpus / "results" / name, keep_default_na=False).set_index("recording")


def _direct_estimate(corpus: Path, name: str, rows: list[int]) -> float:
    """Return the estimate of the network for these rows of a recording's faces, bypassing the project's clips."""
    network = build(MODEL, Regression(), seed=3).eval()
    faces = read_array(corpus / "sequences" / name, "faces")[rows].astype(np.float32)
    x = torch.from_numpy((faces - np.array(MODEL.mean, np.float32)) * np.float32(MODEL.scale)).permute(3, 0, 1, 2)[None]
    with torch.inference_mode():
        return float(network(x)) * 10 + 20


def test_estimates_are_means_over_clips_that_cover_a_video(corpus: Path, evaluate: Callable[..., Any]) -> None:
    evaluate()
    # 20 frames: two clips, and one that ends at the last frame with 4 new ones. 5 frames: looped.
    expected = {
        ("t1", 0): (8, _direct_estimate(corpus, "t1", list(range(8)))),
        ("t1", 8): (8, _direct_estimate(corpus, "t1", list(range(8, 16)))),
        ("t1", 12): (4, _direct_estimate(corpus, "t1", list(range(12, 20)))),
        ("t2", 0): (8, _direct_estimate(corpus, "t2", list(range(8)))),
        ("t2", 2): (2, _direct_estimate(corpus, "t2", list(range(2, 10)))),
        ("t3", 0): (5, _direct_estimate(corpus, "t3", [0, 1, 2, 3, 4, 0, 1, 2])),
    }
    clips = _table(corpus, "clips.csv").drop("f4")
    rows = {(name, row.start): (row.weight, row.estimate) for name, row in clips.iterrows()}
    assert {key: weight for key, (weight, _) in rows.items()} == {key: weight for key, (weight, _) in expected.items()}
    assert clips.length.tolist() == [8] * 5 + [5]
    for key, (_, estimate) in expected.items():
        assert rows[key][1] == pytest.approx(estimate, abs=2e-3)

    predictions = _table(corpus, "predictions.csv")
    for name in ("t1", "t2", "t3"):
        parts = [part for (recording, _), part in expected.items() if recording == name]
        mean = sum(weight * estimate for weight, estimate in parts) / sum(weight for weight, _ in parts)
        assert predictions.estimate[name] == pytest.approx(mean, abs=2e-3)
    assert predictions.subject.to_dict() == {"t1": "a", "t2": "c", "t3": "d"}
    assert predictions.seen.to_dict() == {"t1": "yes", "t2": "no", "t3": "no"}
    assert predictions.score.to_dict() == {"t1": 12, "t2": 25, "t3": 3}
    assert predictions.clips.to_dict() == {"t1": 3, "t2": 2, "t3": 1}
    assert set(predictions.coverage) == {1.0}


def test_metrics_agree_with_the_table_of_predictions(corpus: Path, evaluate: Callable[..., Any]) -> None:
    metrics = evaluate()
    errors = _table(corpus, "predictions.csv").estimate - [12, 25, 3]
    assert list(metrics) == [
        "rmse",
        "mae",
        "pcc",
        "ccc",
        "kappa",
        "videos",
        "constant",
        "lookup",
        *BASELINES,
        "unseen",
        *GAPS,
    ]
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)), abs=2e-4)
    assert metrics["mae"] == pytest.approx(np.mean(np.abs(errors)), abs=2e-4)
    assert metrics["videos"] == 3
    assert [metrics[name] for name in GAPS] == [39 + 19 + 9, 0, 0, 0, 0]
    # the constant 17 for the scores 12, 25 and 3: errors 5, -8, 14
    assert metrics["constant"] == {"rmse": round(float(np.sqrt((25 + 64 + 196) / 3)), 4), "mae": 9.0}
    # the look-up estimates 10 for subject a: errors -2, -8, 14
    assert metrics["lookup"] == {"rmse": round(float(np.sqrt((4 + 64 + 196) / 3)), 4), "mae": 8.0}
    assert metrics["unseen"]["videos"] == 2


def test_differences_to_all_estimators_of_labels_alone_are_in_the_table(
    corpus: Path, evaluate: Callable[..., Any]
) -> None:
    metrics = evaluate()
    errors = _errors(corpus)
    # the constant 17 and the median 10 for the scores 12, 25 and 3: errors 5, -8, 14 and -2, -15, 7
    assert errors["constant"] == 9.0 and errors["median"] == 8.0 and errors["lookup"] == 8.0
    differences = {"difference": 9.0, "difference to median": 8.0, "difference to lookup": 8.0}
    assert {name: errors[name] for name in differences} == {
        name: pytest.approx(metrics["mae"] - error, abs=2e-4) for name, error in differences.items()
    }
    of_baselines = [name for own in BASELINES for name in (f"difference to {own}", f"{own} minus constant")]
    assert list(errors) == ["model", "constant", "median", "lookup", *BASELINES, *differences, *of_baselines]
    assert errors["metadata"] == 10.0 and errors["metadata minus constant"] == 1.0  # 20: errors 8, -5, 17


def _errors(corpus: Path) -> dict[str, float]:
    """Return the mean absolute errors over all videos, by estimator or difference, in the order of the table."""
    table = pd.read_csv(corpus / "results" / "intervals.csv").query("subgroup == 'all' and metric == 'mae'")
    return {str(name): float(value) for name, value in zip(table.estimator, table.value, strict=True)}


# Runs the stage as its command does, after one more estimator was registered.
REGISTER_AND_RUN = """
import runpy
from dataclasses import dataclass
from pipeline.estimators.labels_alone import LABEL_ESTIMATORS

@dataclass(frozen=True)
class Smallest:
    is_headline = True
    smallest: float

    @classmethod
    def fit(cls, scores_by_subject):
        return cls(min(min(scores) for scores in scores_by_subject.values()))

    def estimate(self, subject):
        return self.smallest if subject == "a" else self.smallest / 2

LABEL_ESTIMATORS["smallest"] = Smallest
runpy.run_module("stages.evaluate", run_name="__main__", alter_sys=True)
"""


def test_a_further_estimator_of_labels_alone_is_scored_without_any_other_change(
    corpus: Path, smallest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (corpus / "params.yaml").write_text(yaml.safe_dump(_values(smallest)))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-c", REGISTER_AND_RUN, *map(str, _paths(corpus))]
    process = subprocess.run(command, cwd=corpus, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    errors = _errors(corpus)
    # 10 for subject a and 5 for the others, for the scores 12, 25 and 3: errors -2, -20, 2
    assert errors["smallest"] == 8.0
    metrics = json.loads((corpus / "metrics.json").read_text())
    assert errors["difference to smallest"] == pytest.approx(metrics["mae"] - 8, abs=2e-4)
    assert metrics["smallest"] == {"rmse": round(float(np.sqrt((4 + 400 + 4) / 3)), 4), "mae": 8.0}
    assert errors["constant"] == 9.0 and metrics["constant"]["mae"] == 9.0


def test_damaged_sequences_are_not_evaluated(corpus: Path, evaluate: Callable[..., Any]) -> None:
    write_checksums_of(corpus / "sequences")
    shard = corpus / "sequences/t2/faces/c/0/0/0/0"
    overwrite_a_byte(shard)
    with pytest.raises(DamagedError, match=f"{shard}: damaged: other content than when it was made"):
        evaluate()
    overwrite_a_byte(shard)
    evaluate()
    shutil.rmtree(corpus / "sequences/t2")
    with pytest.raises(DamagedError, match=r"sequences/t2: missing; `dvc repro` makes it again"):
        evaluate()


def test_outputs_of_a_run(corpus: Path, evaluate: Callable[..., Any]) -> None:
    evaluate()
    outputs = {path.name: path.read_bytes() for path in (corpus / "results").iterdir()}
    names = ("predictions", "unscored", "clips", "intervals", "confusion", "flow", "cutoffs", "group_differences")
    tables = {f"{name}.csv" for name in names}
    figures = {f"{name}.png" for name in ("figure5", "error", "calibration", "agreement", "confusion", "curves")}
    assert set(outputs) == {".sha256sums"} | tables | figures
    assert _table(corpus, "unscored.csv").subject.to_dict() == {"f4": "e"}  # it has an estimate, but no score
    parts = pd.read_csv(corpus / "results" / "intervals.csv").groupby("subgroup").first()
    assert parts.videos.to_dict() == {
        **{"all": 3, "seen": 1, "unseen": 2},
        **{"task Freeform": 1, "task Northwind": 2},
    }
    before = (corpus / "metrics.json").read_bytes()
    evaluate()
    assert {path.name: path.read_bytes() for path in (corpus / "results").iterdir()} == outputs
    assert (corpus / "metrics.json").read_bytes() == before
    assert not list(corpus.glob("*.partial"))


@pytest.mark.parametrize("order", ["reversed", "frozen", "shuffled"])
def test_controls_change_the_frames_of_clips(corpus: Path, evaluate: Callable[..., Any], order: str) -> None:
    evaluate(order=order, seed=5)
    rows = {"reversed": list(range(7, -1, -1)), "frozen": [4] * 8}
    clips = _table(corpus, "clips.csv")
    plain = _direct_estimate(corpus, "t2", list(range(8)))
    first = clips.loc["t2"].estimate.iloc[0]
    if order in rows:
        assert first == pytest.approx(_direct_estimate(corpus, "t2", rows[order]), abs=2e-3)
    assert abs(first - plain) > 4e-3
    evaluate(order=order, seed=5)
    assert _table(corpus, "clips.csv").equals(clips)


def test_a_model_is_tested_on_frames_in_the_order_of_its_fitting(corpus: Path, evaluate: Callable[..., Any]) -> None:
    assert "control" not in evaluate()
    assert evaluate(order="frozen")["control"] == "tested on clips with frozen frames (evaluate.order)"
    description = corpus / "finetuned/description.json"
    hidden = {"origin": {"kind": "drawn", "cue": 0.0, "cue_in": "dynamics"}}
    description.write_text(json.dumps({**json.loads(description.read_text()), **hidden}))
    assert evaluate()["control"] == "fitted to a drawn corpus that does not show the score (simulate.cue is 0)"
    _save_network(corpus, order="reversed")
    assert evaluate()["control"] == "fitted to clips with reversed frames (clip.order)"
    first = _table(corpus, "clips.csv").loc["t2"].estimate.iloc[0]
    assert first == pytest.approx(_direct_estimate(corpus, "t2", list(range(7, -1, -1))), abs=2e-3)


def test_estimators_of_labels_alone_know_the_fitted_labels_alone(corpus: Path, evaluate: Callable[..., Any]) -> None:
    """Fitted: 10 and 31 points; f2, of the same subject as f1, is validated, and would make the mean 17."""
    write_sequence(corpus / "sequences" / "f2", [20, 19], seed=9)
    write_labels(corpus / "fitting.csv", [FITTING[0], replace(FITTING[1], subject="c", score=25.0), *FITTING[2:]])
    metrics = evaluate(validation="development")
    truth, constant = np.array([12.0, 25.0, 3.0]), 20.5
    assert metrics["constant"]["mae"] == pytest.approx(np.abs(truth - constant).mean(), abs=1e-4)
    # The look-up knows subject a. Subject c is seen, since it chose the epoch, but the model learned no score of c.
    lookup = np.array([10.0, constant, constant])
    assert metrics["lookup"]["mae"] == pytest.approx(np.abs(truth - lookup).mean(), abs=1e-4)
    assert metrics["unseen"]["videos"] == 1


def test_conformal_intervals_are_calibrated_on_the_validation_recordings(
    corpus: Path, evaluate: Callable[..., Any]
) -> None:
    write_sequence(corpus / "sequences" / "f2", [9, 8], seed=9)
    assert "validation" not in evaluate()
    assert not (corpus / "results/conformal.csv").exists()
    metrics = evaluate(validation="development")  # f2 alone
    error = abs(
        _direct_estimate(corpus, "f2", list(range(8))) * 8 / 9
        + _direct_estimate(corpus, "f2", list(range(1, 9))) / 9
        - 10
    )
    assert metrics["validation"] == {
        "rmse": pytest.approx(error, abs=2e-3),
        "mae": metrics["validation"]["rmse"],
        "videos": 1,
    }
    table = pd.read_csv(corpus / "results" / "conformal.csv")
    assert table.calibrated.tolist() == [1, 1, 1]
    assert set(table.promise) == {"people met in fitting"}  # f1 is of the same person
    assert table.half_width.isna().all()  # one subject is too few for any level
    assert "f2" not in _table(corpus, "predictions.csv").index  # fitting used it


def test_sex_and_age_groups_come_from_the_labels_for_testing(corpus: Path, evaluate: Callable[..., Any]) -> None:
    people = [replace(label, sex=sex, age=40.0) for label, sex in zip(TESTING, "fmf", strict=True)]
    write_labels(corpus / "testing.csv", people, groups=True)
    evaluate()
    parts = pd.read_csv(corpus / "results" / "intervals.csv").groupby("subgroup").first()
    assert parts.videos[["sex f", "sex m", "age 30 to 44"]].tolist() == [2, 1, 3]


def test_phases_are_averaged(corpus: Path, evaluate: Callable[..., Any]) -> None:
    evaluate(phases=2)
    clips = _table(corpus, "clips.csv").loc["t3"]
    assert clips.phase.tolist() == [0, 1]
    assert clips.weight.tolist() == [5, 4]
    estimates = [
        _direct_estimate(corpus, "t3", [0, 1, 2, 3, 4, 0, 1, 2]),
        _direct_estimate(corpus, "t3", [5, 6, 7, 8, 5, 6, 7, 8]),
    ]
    estimate = _table(corpus, "predictions.csv").estimate["t3"]
    assert estimate == pytest.approx((5 * estimates[0] + 4 * estimates[1]) / 9, abs=2e-3)


def test_a_recording_without_a_face_gets_the_constant_and_is_counted(
    corpus: Path, evaluate: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    write_sequence(corpus / "sequences" / "t4", [20, 19], absent=True)
    write_labels(corpus / "testing.csv", [*TESTING, Label("t4", "d", "2", "Northwind", "test", 9.0)])
    metrics = evaluate()
    assert metrics["videos"] == 4
    assert [metrics[name] for name in GAPS] == [39 + 19 + 9 + 39, 39, 1, 0, 0]
    row = _table(corpus, "predictions.csv").loc["t4"]
    assert (row.estimate, row.clips, row.coverage, row.frames, row.absent) == (CONSTANT, 0, 0.0, 39, 39)
    assert "recordings without a face, whose estimate is the constant: t4" in caplog.text


@pytest.mark.parametrize(
    ("absent", "starts", "rows"),
    [
        ("keep", [0, 8, 12], [*range(20)]),
        ("hold", [0, 8, 12], [*range(9), 8, 8, 8, *range(12, 20)]),
        ("skip", [0, 1, 12], [*range(20)]),
    ],
)
def test_absent_frames_are_treated_as_when_the_model_was_fitted(
    corpus: Path, evaluate: Callable[..., Any], absent: str, starts: list[int], rows: list[int]
) -> None:
    shutil.rmtree(corpus / "sequences" / "t1")
    write_sequence(corpus / "sequences" / "t1", [20, 19], absent=[9, 10, 11])
    _save_network(corpus, absent)
    metrics = evaluate()  # clip.absent is skip
    assert [metrics[name] for name in GAPS] == [39 + 19 + 9, 3, 0, 0, 0]
    clips = _table(corpus, "clips.csv").loc["t1"]
    assert clips.start.tolist() == starts
    expected = [_direct_estimate(corpus, "t1", rows[start : start + LENGTH]) for start in starts]
    assert clips.estimate.tolist() == pytest.approx(expected, abs=2e-3)


def test_a_recording_without_a_clip_gets_the_constant_and_is_counted(
    corpus: Path, evaluate: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(corpus / "sequences" / "t2")
    write_sequence(corpus / "sequences" / "t2", [10, 9], absent=[4])
    metrics = evaluate()
    assert metrics["videos"] == 3
    assert [metrics[name] for name in GAPS] == [39 + 19 + 9, 1, 0, 1, 0]
    row = _table(corpus, "predictions.csv").loc["t2"]
    assert (row.estimate, row.clips, row.frames, row.absent) == (CONSTANT, 0, 19, 1)
    assert "without 8 frames in a row with a face (clip.absent skip), whose estimate is the constant: t2" in caplog.text
    _save_network(corpus, "hold")
    assert evaluate()["without_clip"] == 0


def test_a_recording_without_a_sequence_is_counted_and_left_out(
    corpus: Path, evaluate: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    unscored = Label("t5", "d", "3", "Northwind", "test", None)
    write_labels(corpus / "testing.csv", [*TESTING, Label("t4", "d", "2", "Northwind", "test", 9.0), unscored])
    with caplog.at_level(logging.WARNING):
        metrics = evaluate()
    assert metrics["videos"] == 3
    assert (metrics["missing"], metrics["without_face"]) == (1, 0)  # t5 has no score
    assert "t4" not in _table(corpus, "predictions.csv").index
    assert "recordings without a sequence, left out: t4, t5" in caplog.text


def test_a_test_partition_without_scores_gets_estimates_only(corpus: Path, evaluate: Callable[..., Any]) -> None:
    write_labels(corpus / "testing.csv", [replace(label, score=None) for label in TESTING])
    assert evaluate() == {
        **{"videos": 0, "constant": {}, "lookup": {}, "unseen": {"videos": 0}},
        **dict.fromkeys(GAPS, 0),
    }
    assert list(_table(corpus, "unscored.csv").index) == ["f4", "t1", "t2", "t3"]
    assert len(_table(corpus, "predictions.csv")) == 0


def test_the_model_brings_the_length_of_its_clips(corpus: Path, evaluate: Callable[..., Any]) -> None:
    metrics = evaluate()
    clips = (corpus / "results" / "clips.csv").read_bytes()
    assert evaluate(length=16) == metrics
    assert (corpus / "results" / "clips.csv").read_bytes() == clips


def test_a_model_for_other_faces_is_rejected(corpus: Path, evaluate: Callable[..., Any]) -> None:
    larger = replace(PREPROCESSING, fps=5.0, align=PREPROCESSING.align.model_copy(update={"size": 48}))
    shutil.rmtree(corpus / "sequences" / "t2")
    write_sequence(corpus / "sequences" / "t2", [10, 9], preprocessing=larger)
    message = r"another geometry than .*sequences/t2: decode\.fps null \(here 5\.0\), align\.size 32 \(here 48\)$"
    with pytest.raises(ValueError, match=message):
        evaluate()
    rarer = replace(PREPROCESSING, subsample=PREPROCESSING.subsample.model_copy(update={"factor": 4}))
    shutil.rmtree(corpus / "sequences" / "t2")
    write_sequence(corpus / "sequences" / "t2", [10, 9], preprocessing=rarer)
    with pytest.raises(ValueError, match=r"finetuned: made for another .*/t2: subsample\.factor 2 \(here 4\)$"):
        evaluate()
    assert not (corpus / "results").exists()


def test_faces_of_another_detector_are_accepted(corpus: Path, evaluate: Callable[..., Any]) -> None:
    every = replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update={"detector": "every", "margin": 0.5}))
    shutil.rmtree(corpus / "sequences" / "t2")
    write_sequence(corpus / "sequences" / "t2", [10, 9], preprocessing=every)
    assert evaluate()["videos"] == 3


def test_a_model_without_an_input_specification_is_rejected(corpus: Path, evaluate: Callable[..., Any]) -> None:
    save_weights(corpus / "finetuned", build(MODEL, Regression(), seed=3).state_dict(), TRAINED)
    message = r"finetuned/description\.json: no estimator and no span and no footage, .* \(fit it again with `dvc repro"
    with pytest.raises(ValueError, match=message):
        evaluate()
    assert not (corpus / "results").exists()


def test_a_model_without_a_regression_head_is_rejected(corpus: Path, evaluate: Callable[..., Any]) -> None:
    head = Recognition(3)
    save_model(corpus / "finetuned", build(MODEL, head, seed=3).state_dict(), Description(MODEL, head, LENGTH))
    with pytest.raises(ValueError, match=r"weights with the head Recognition\(classes=3\); allowed: Regression"):
        evaluate()


@pytest.fixture
def corpus_with_lpq(corpus: Path) -> Path:
    """A model without a network, and of the test recordings one of flat faces and one without a face."""
    shutil.rmtree(corpus / "finetuned")
    save_lpq_svr(corpus / "finetuned")
    for name in ("t1", "t3"):
        shutil.rmtree(corpus / "sequences" / name)
    write_flat_sequence(corpus / "sequences" / "t1", 20)
    write_sequence(corpus / "sequences" / "t3", [5, 4], absent=True)
    return corpus


def test_an_estimator_of_whole_recordings_has_one_span_per_recording(
    corpus_with_lpq: Path, evaluate: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(corpus_with_lpq / "sequences" / "t2")
    write_sequence(corpus_with_lpq / "sequences" / "t2", [10, 9], absent=[2, 3])  # black, which is flat
    metrics = evaluate()
    spans = _table(corpus_with_lpq, "clips.csv")[["phase", "start", "length", "weight"]]
    assert {name: row.tolist() for name, row in spans.iterrows()} == {
        "f4": [0, 0, 16, 16],
        "t1": [0, 0, 20, 20],
        "t2": [0, 0, 10, 8],
    }
    predictions = _table(corpus_with_lpq, "predictions.csv")
    assert predictions.clips.to_dict() == {"t1": 1, "t2": 1, "t3": 0}
    assert predictions.estimate["t1"] == FLAT_ESTIMATE
    # of noise about one pixel in 256 has code 0: 10 + 16 x 0.5 / 256
    assert predictions.estimate["t2"] == pytest.approx(INTERCEPT + 8 / 256, abs=0.03)
    assert predictions.estimate["t3"] == CONSTANT
    assert "recordings without a face, whose estimate is the constant: t3" in caplog.text
    assert (metrics["videos"], metrics["without_face"]) == (3, 1)
    assert metrics["mae"] == pytest.approx((6 + 25 - predictions.estimate["t2"] + CONSTANT - 3) / 3, abs=1e-3)
    outputs = {path.name: path.read_bytes() for path in (corpus_with_lpq / "results").iterdir()}
    assert {"figure5.png", "error.png", "confusion.png", "curves.png"} < set(outputs)
    evaluate()
    assert {path.name: path.read_bytes() for path in (corpus_with_lpq / "results").iterdir()} == outputs


def test_an_estimator_without_clips_has_no_middle_frame_to_freeze(
    corpus_with_lpq: Path, evaluate: Callable[..., Any]
) -> None:
    metrics = evaluate()
    for order in ("reversed", "shuffled"):  # it sees no order
        assert evaluate(order=order) == {**metrics, "control": f"tested on clips with {order} frames (evaluate.order)"}
    with pytest.raises(
        ValueError, match=r"lpq_svr sees no clips: allowed for evaluate\.order: recorded, shuffled, rev"
    ):
        evaluate(order="frozen")


def test_a_network_of_single_frames_has_a_span_for_every_face(corpus: Path, evaluate: Callable[..., Any]) -> None:
    shutil.rmtree(corpus / "finetuned")
    save_frame_expectation(corpus / "finetuned")
    shutil.rmtree(corpus / "sequences" / "t3")
    write_sequence(corpus / "sequences" / "t3", [5, 4], absent=[1])
    metrics = evaluate()
    clips = _table(corpus, "clips.csv")
    assert set(clips.length) == set(clips.weight) == {1}
    starts = {str(name): group.start.tolist() for name, group in clips.groupby("recording")}
    assert starts == {"f4": [*range(16)], "t1": [*range(20)], "t2": [*range(10)], "t3": [0, 2, 3, 4]}
    for name in ("t1", "t2", "t3"):
        expected = _expected_scores(corpus, name, starts[name])
        assert np.ptp(expected) > 0.02
        assert clips.loc[name].estimate.tolist() == pytest.approx(expected.tolist(), abs=2e-3)
        assert _table(corpus, "predictions.csv").estimate[name] == pytest.approx(expected.mean(), abs=2e-3)
    assert (metrics["videos"], metrics["without_clip"]) == (3, 0)
    assert evaluate(phases=2)["videos"] == 3
    assert _table(corpus, "clips.csv").loc["t3"].phase.tolist() == [0] * 4 + [1] * 4


def _expected_scores(corpus: Path, name: str, rows: list[int]) -> np.ndarray:
    """Return the expected score of each of these faces of a recording, bypassing the project's clips."""
    faces = read_array(corpus / "sequences" / name, "faces")[rows].astype(np.float32)
    x = torch.from_numpy((faces - np.array(MODEL.mean, np.float32)) * np.float32(MODEL.scale)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        logits = frame_network()(x[:, :, None]).double().numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores: np.ndarray = shares @ np.arange(LEVELS)
    return scores
