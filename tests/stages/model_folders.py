"""Model folders of the estimators that are no clip network, and recordings whose descriptors are known by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from pipeline.models.description import Description
from pipeline.models.input_spec import InputSpec
from pipeline.models.weights import save_weights
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Expectation
from pipeline.zarr_store import MAPPED, GroupWriter
from tests.pipeline.training.material import INPUT_SPEC, MODEL, ORIGIN_CODES, PREPROCESSING, SIZE

LEVELS = 64  # the scores 0 to 63
RESNET = MODEL.model_copy(update={"name": "resnet50"})
INTERCEPT, COEFFICIENT, REGIONS = 10.0, 0.5, 16  # of the regression that `save_lpq_svr` writes, 4 x 4 regions
FLAT_ESTIMATE = 18.0  # of faces of one grey: 10 + 16 x 0.5 x min(1, 1)
LPQ_SETTINGS: dict[str, Any] = {
    "window": 7,
    "grid": 4,
    "segment": 20.0,
    "costs": [1.0],
    "epsilons": [0.1],
    "folds": 2,
}


def save_lpq_svr(folder: Path, input_spec: InputSpec = INPUT_SPEC) -> Path:
    """Write a regression with one support vector, all of whose pixels have the code 0; return the model folder.

    The estimate is 10 + 0.5 x the shares of code 0 in all regions. LPQ gives code 0 to the pixels of faces of one grey.
    """
    support_vectors = np.zeros((1, REGIONS, 256))
    support_vectors[:, :, 0] = 1
    arrays = {
        "support_vectors": support_vectors.reshape(1, -1),
        "coefficients": np.array([COEFFICIENT]),
        "intercept": np.array(INTERCEPT),
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(arrays, folder / "weights.safetensors")
    _describe(folder, "lpq_svr", LPQ_SETTINGS, input_spec)
    return folder


def frame_network() -> Network:
    """Return the network of the folder that `save_frame_expectation` writes, in evaluation mode."""
    return build(RESNET, Expectation(LEVELS), seed=3).eval()


def save_frame_expectation(folder: Path, input_spec: InputSpec = INPUT_SPEC) -> Path:
    """Write a ResNet-50 with random weights, which estimates the score of single frames; return the model folder."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder, frame_network().state_dict(), Description(RESNET, Expectation(LEVELS), 1))
    _describe(folder, "frame_expectation", {}, input_spec)
    return folder


def write_flat_sequence(folder: Path, frames: int) -> Path:
    """Write a recording's sequence of faces of one grey, another one in each frame, in one phase; return its folder."""
    greys = np.linspace(40, 200, frames).astype(np.uint8)
    with GroupWriter(folder, MAPPED) as group:
        group.append("faces", np.tile(greys[:, None, None, None], (1, SIZE, SIZE, 3)))
        group.append("origin", np.ones(frames, np.uint8))
        group.append("frame", np.arange(frames, dtype=np.int32))
        group.attributes |= {
            "phase_starts": [0, frames],
            "origin_codes": ORIGIN_CODES,
            "fps": 3.75,
            "preprocessing": PREPROCESSING.to_json(),
        }
    return folder


def _describe(folder: Path, name: str, settings: dict[str, Any], input_spec: InputSpec) -> None:
    """Add to description.json what stage finetune writes."""
    path = folder / "description.json"
    values = json.loads(path.read_text()) if path.is_file() else {}
    values |= {"estimator": {"name": name, "settings": settings}, "span": 1, "footage": input_spec.to_json()}
    path.write_text(json.dumps(values))
