"""The pipeline, run for real at the smallest scale: a model, its videos, and what evaluate said of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.params import Params
from pipeline.params_check import check_params
from pipeline.records.recordings import read_recordings


@dataclass(frozen=True)
class Ran:
    """A run of the pipeline.

    Attributes:
        params: what it was told.
        model: the folder of its model.
        videos: the file of each test recording, by its id.
        estimates: what evaluate said of each, with one phase and with two.
        clips: of its clips with one phase: a row a clip.
    """

    params: Params
    model: Path
    videos: dict[str, Path]
    estimates: dict[int, dict[str, float]]
    clips: pd.DataFrame


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> Ran:
    """The stages by their own functions, simulate to evaluate."""
    # Not above: what a conftest imports may come before pytest's logging, which then hears less of what runs in Dask.
    from stages import align, decode, evaluate, finetune, ingest, pretrain, simulate, subsample

    at = tmp_path_factory.mktemp("ran")
    values = {**smallest, "pretrain": {**smallest["pretrain"], "source": "none"}}
    values["simulate"] = {**smallest["simulate"], "subjects": 3, "sessions": 2, "frames": 29}
    params = check_params(values)
    corpus, model = at / "simulated" / "avec2014", at / "finetuned"
    tables = [at / name for name in ("recordings.csv", "fitting.csv", "testing.csv")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORK", str(at / "work"))
        patch.setenv("MSN_WORKERS", "1")
        patch.setenv("MSN_DEVICE", "cpu")
        simulate.main(params, at / "simulated")
        ingest.main(params, corpus, corpus, tables[0], tables[1], tables[2])
        decode.main(params, tables[0], at / "decoded")
        align.main(params, tables[0], at / "decoded", at / "aligned")
        subsample.main(params, at / "aligned", at / "sequences")
        pretrain.main(params, at / "none", at / "pretrained", at / "curves")
        finetune.main(params, at / "sequences", tables[1], at / "pretrained", model, at / "curves")
        estimates = {}
        for phases in (2, 1):  # so that what is left is of one
            told = check_params({**values, "evaluate": {**values["evaluate"], "phases": phases}})
            labels = tables[1], tables[2]
            evaluate.main(told, at / "sequences", *labels, model, at / "metrics.json", at / "results")
            found = pd.read_csv(at / "results" / "predictions.csv").set_index("recording")
            estimates[phases] = {str(name): float(value) for name, value in found.estimate.items()}
    videos = {item.recording: item.path for item in read_recordings(tables[0]) if item.recording in estimates[1]}
    return Ran(params, model, videos, estimates, pd.read_csv(at / "results" / "clips.csv"))
