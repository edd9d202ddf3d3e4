"""The weights that fine-tuning starts from: pretrained here, adopted from a file, or none."""

import json
from pathlib import Path

from pipeline.models.description import Description
from pipeline.models.files import DESCRIPTION, WEIGHTS, WeightsError, read_description_values
from pipeline.models.weights import BACKBONE, describe_writer, load_backbone, read_description, save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.params.network import Model
from pipeline.runtime.file_digest import file_digest

BINDING_KEYS = ("name", "depth", "kernels", "width", "mean", "scale")  # keys of `model` that weights are bound to


def write_no_weights(folder: Path) -> None:
    """Write a description that says that there are no weights to start from."""
    (folder / DESCRIPTION).write_text(json.dumps({"source": "none"}) + "\n", encoding="utf-8")


def adopt_weights(path: Path, model: Model, folder: Path) -> None:
    """Copy the backbone of weights from elsewhere into `folder`, with the hash of their file.

    Args:
        path: a safetensors file, or a model folder.
        model: the network that they must belong to.
        folder: an existing folder.

    Raises:
        WeightsError: if there are no weights, or they belong to another network.
    """
    if not path.exists():
        raise WeightsError(f"pretrain.source is {str(path)!r}; allowed: train, none, or a path that exists")
    if path.is_dir() and (path / DESCRIPTION).is_file():
        _check_model(read_description(path), model, path)
    file = path / WEIGHTS if path.is_dir() else path
    network = build(model, Regression())
    load_backbone(network, file)
    weights = {f"{BACKBONE}{name}": tensor for name, tensor in network.backbone.state_dict().items()}
    history = {"source": "path", "sha256": file_digest(file)}  # no name or path: the folder is pushed
    save_weights(folder, weights, Description(model, head=None, history=history))


def find_initial_weights(folder: Path, model: Model) -> Path | None:
    """Return the folder of the weights that stage pretrain wrote; None if it wrote none.

    Raises:
        WeightsError: if the weights belong to another network than `model`.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; the stage pretrain writes it")
    if read_description_values(folder) == {"source": "none"}:
        return None
    _check_model(read_description(folder), model, folder)
    return folder


def _check_model(description: Description, model: Model, folder: Path) -> None:
    actual, expected = description.model.model_dump(), model.model_dump()
    different = [key for key in BINDING_KEYS if actual[key] != expected[key]]
    if different:
        details = ", ".join(f"{key} {actual[key]} (model.{key} is {expected[key]})" for key in different)
        raise WeightsError(f"{folder} ({describe_writer(folder)}): weights of another network: {details}")
