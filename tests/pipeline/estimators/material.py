"""Every estimator of the registry, fitted by the stage's own code to a few small recordings."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.data.split import Split
from pipeline.estimators.features import StoredFeatures
from pipeline.estimators.protocol import PredictContext
from pipeline.estimators.registry import FittedModel, load_model
from pipeline.finetuning.fit_estimator import fit_of
from pipeline.params.check import check_params
from pipeline.params.estimator import settings_class
from pipeline.params.whole import Params
from pipeline.records.estimates import VideoEstimate
from pipeline.records.labels import Label
from pipeline.severity.scale import scale_of
from pipeline.training.cached_training import fit_cached, publish
from pipeline.training.initial_weights import write_no_weights
from tests.pipeline.training.material import write_sequence

ROOT = Path(__file__).parents[3]
PHASES = (20, 19)  # frames in each phase of a recording
FITTED, VALIDATED, TESTED = ("a1", "a2", "b1", "c1"), ("d1",), ("t1", "t2")


def params_of(name: str, **changes: Any) -> Params:
    """Return parameters that choose an estimator, at the smallest scale; `changes` are of section finetune."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    for section, section_changes in yaml.safe_load((ROOT / "tests/smallest.yaml").read_text()).items():
        values[section].update(section_changes)
    values["estimator"]["name"] = name
    values["model"]["name"] = (*settings_class(name).networks, "msn")[0]
    if values["model"]["name"] == "c3d":
        raise AssertionError("C3D needs larger faces than these")
    values["pretrain"]["source"] = "none"
    values["finetune"].update(changes)
    return check_params(values)


@dataclass(frozen=True)
class Material:
    """Recordings on disk: `sequences` of all, with one that has no face and one without a score.

    Attributes:
        folder: of everything.
    """

    folder: Path

    @property
    def sequences(self) -> Path:
        """The folder of all sequences."""
        return self.folder / "sequences"

    def folders(self, names: tuple[str, ...]) -> list[Path]:
        """The sequences of some recordings."""
        return [self.sequences / name for name in names]

    def fit(self, name: str, output: str = "model", lifted: float = 0.0, **changes: Any) -> Path:
        """Fit an estimator as stage finetune does, to scores that are `lifted`; return the model folder."""
        params = params_of(name, **changes)
        unusable = Label("faceless", "e", "", "", "training", 30.0), Label("partly", "f", "", "", "training", None)
        split = Split(
            unusable
            + tuple(
                Label(item, item[0], "", "", "training", lifted + 5.0 * number) for number, item in enumerate(FITTED)
            ),
            tuple(Label(item, item[0], "", "", "development", lifted + 12.0) for item in VALIDATED),
        )
        pretrained = self.folder / "pretrained"
        pretrained.mkdir(exist_ok=True)
        write_no_weights(pretrained)
        fit = fit_of(
            name, params.estimator.settings, split, {"sequences": self.sequences}, pretrained, params, scale_of()
        )
        model = self.folder / output
        publish("finetune", fit_cached(fit, self.folder / "curves"), model, self.folder / "curves")
        return model

    def predict(
        self, model: FittedModel | Path, names: tuple[str, ...] = TESTED, **changes: Any
    ) -> list[VideoEstimate]:
        """Estimate recordings as stage evaluate does."""
        loaded = load_model(model) if isinstance(model, Path) else model
        context = PredictContext(
            loaded.folder.input_spec.absent, StoredFeatures({"sequences": self.sequences}), **changes
        )
        return loaded.estimator.predict(self.folders(names), context)


def make_material(folder: Path) -> Material:
    """Write the recordings."""
    material = Material(folder)
    for number, name in enumerate((*FITTED, *VALIDATED, *TESTED)):
        write_sequence(material.sequences / name, PHASES, seed=number)
    write_sequence(material.sequences / "faceless", PHASES, absent=True)
    write_sequence(material.sequences / "partly", PHASES, absent=[0, 1, 2, 20, 21], seed=9)
    return material


OPENED: list[str] = []  # files that this process opened while `recording_opens` was on
_recording = [False]


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _recording[0] and event == "open" and isinstance(arguments[0], str | bytes | Path):
        OPENED.append(str(arguments[0]))


def record_opens(on: bool) -> None:
    """Start or stop to record the files that this process opens; an audit hook cannot be removed again."""
    if on:
        OPENED.clear()
        sys.addaudithook(_hook)
    _recording[0] = on


def scores(estimates: list[VideoEstimate]) -> np.ndarray:
    """The estimates of whole recordings."""
    return np.array([estimate.score for estimate in estimates], np.float64)
