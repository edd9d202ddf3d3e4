"""A run of the pipeline at the smallest scale: a model, the test videos, and the estimates of stage evaluate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.params import Params
from pipeline.params_check import check_params
from pipeline.records.recordings import read_recordings


@dataclass(frozen=True)
class PipelineRun:
    """A run of the pipeline.

    Attributes:
        params: its parameters.
        model: the model folder.
        videos: the file of each test recording, by its id.
        estimates: by number of phases (one or two), the estimate of each test recording by stage evaluate.
        clips: the estimates of the clips with one phase, one row per clip.
    """

    params: Params
    model: Path
    videos: dict[str, Path]
    estimates: dict[int, dict[str, float]]
    clips: pd.DataFrame


@pytest.fixture(scope="session")
def pipeline_run(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> PipelineRun:
    """Call the main functions of the stages, from simulate to evaluate."""
    # Imported here because a conftest is loaded before pytest's logging starts, which then misses messages from Dask.
    from stages import align, decode, evaluate, finetune, ingest, pretrain, simulate, subsample

    folder = tmp_path_factory.mktemp("ran")
    values = {**smallest, "pretrain": {**smallest["pretrain"], "source": "none"}}
    values["simulate"] = {**smallest["simulate"], "subjects": 3, "sessions": 2, "frames": 29}
    params = check_params(values)
    corpus, model = folder / "simulated" / "avec2014", folder / "finetuned"
    tables = [folder / name for name in ("recordings.csv", "fitting.csv", "testing.csv")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORK", str(folder / "work"))
        patch.setenv("MSN_WORKERS", "1")
        patch.setenv("MSN_DEVICE", "cpu")
        simulate.main(params, folder / "simulated")
        ingest.main(params, corpus, corpus, tables[0], tables[1], tables[2])
        decode.main(params, tables[0], folder / "decoded")
        align.main(params, tables[0], folder / "decoded", folder / "aligned")
        subsample.main(params, folder / "aligned", folder / "sequences")
        pretrain.main(params, folder / "none", folder / "pretrained", folder / "curves")
        finetune.main(params, folder / "sequences", tables[1], folder / "pretrained", model, folder / "curves")
        estimates = {}
        for phases in (2, 1):  # so that the files left are those of one phase
            phase_params = check_params({**values, "evaluate": {**values["evaluate"], "phases": phases}})
            labels = tables[1], tables[2]
            evaluate.main(
                phase_params, folder / "sequences", *labels, model, folder / "metrics.json", folder / "results"
            )
            predictions = pd.read_csv(folder / "results" / "predictions.csv").set_index("recording")
            estimates[phases] = {str(name): float(value) for name, value in predictions.estimate.items()}
    videos = {item.recording: item.path for item in read_recordings(tables[0]) if item.recording in estimates[1]}
    return PipelineRun(params, model, videos, estimates, pd.read_csv(folder / "results" / "clips.csv"))
