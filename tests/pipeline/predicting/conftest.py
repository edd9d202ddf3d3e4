"""Runs of the pipeline at the smallest scale: models, the test videos, and the estimates of stage evaluate."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.params.check import check_params
from pipeline.params.whole import Params
from pipeline.records.recordings import read_recordings


@dataclass(frozen=True)
class PipelineRun:
    """A run of the pipeline.

    Attributes:
        params: its parameters.
        model: the model folder.
        sequences: the folder of the sequences of all recordings.
        videos: the file of each test recording, by its id.
        estimates: by number of phases (one or two), the estimate of each test recording by stage evaluate.
        clips: the estimates of the spans with one phase, one row per span.
    """

    params: Params
    model: Path
    sequences: Path
    videos: dict[str, Path]
    estimates: dict[int, dict[str, float]]
    clips: pd.DataFrame


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> Callable[[str], PipelineRun]:
    """A function that returns the run of an estimator; the data stages, from simulate to subsample, run once."""
    # Imported here because a conftest is loaded before pytest's logging starts, which then misses messages from Dask.
    from stages import align, baselines, decode, estimator, evaluate, finetune, ingest, pretrain, simulate, subsample

    folder = tmp_path_factory.mktemp("ran")
    values = {**smallest, "pretrain": {**smallest["pretrain"], "source": "none"}}
    values["simulate"] = {**smallest["simulate"], "subjects": 3, "sessions": 2, "frames": 29}
    corpus, sequences = str(folder / "simulated" / "avec2014"), folder / "sequences"
    values["corpus"] = {**smallest["corpus"], "root": corpus, "labels_root": corpus}
    tables = [folder / name for name in ("recordings.csv", "fitting.csv", "testing.csv")]
    origin = folder / "origin.json"

    @contextmanager
    def environment() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MSN_WORK", str(folder / "work"))
            patch.setenv("MSN_WORKERS", "1")
            patch.setenv("MSN_DEVICE", "cpu")
            yield

    with environment():
        params = check_params(values)
        simulate.main(params, folder / "simulated")
        unread = folder / "partitions.csv", folder / "characteristics.csv"
        ingest.main(params, tables[0], *unread, origin, tables[1], tables[2])
        decode.main(params, tables[0], folder / "decoded")
        align.main(params, tables[0], folder / "decoded", folder / "aligned")
        subsample.main(params, folder / "aligned", sequences)
        baselines.main(params, tables[0], folder / "decoded", folder / "aligned", tables[1], folder / "baselines")

    @cache
    def run(name: str) -> PipelineRun:
        own = folder / name
        network = {"name": "resnet50" if name == "frame_expectation" else "msn"}
        chosen = {"estimator": {**values["estimator"], "name": name}, "model": {**values["model"], **network}}
        params = check_params({**values, **chosen})
        model, labels = own / "finetuned", (tables[1], tables[2])
        estimates = {}
        with environment():
            estimator.main(params, own / "estimator.json")
            pretrain.main(params, own / "none", own / "pretrained", own / "curves")
            inputs = own / "estimator.json", sequences, folder / "aligned", tables[1], origin, own / "pretrained"
            finetune.main(params, *inputs, model, own / "curves")
            for phases in (2, 1):  # so that the files left are those of one phase
                evaluation = {"evaluate": {**values["evaluate"], "phases": phases}}
                phase_params = check_params({**values, **chosen, **evaluation})
                outputs = own / "metrics.json", own / "results"
                evaluate.main(
                    phase_params, sequences, folder / "aligned", *labels, model, folder / "baselines", *outputs
                )
                predictions = pd.read_csv(own / "results" / "predictions.csv").set_index("recording")
                estimates[phases] = {str(name): float(value) for name, value in predictions.estimate.items()}
        videos = {item.recording: item.path for item in read_recordings(tables[0]) if item.recording in estimates[1]}
        return PipelineRun(params, model, sequences, videos, estimates, pd.read_csv(own / "results" / "clips.csv"))

    return run


@pytest.fixture(scope="session")
def pipeline_run(runs: Callable[[str], PipelineRun]) -> PipelineRun:
    """The run of a network of clips."""
    return runs("clip_network")
