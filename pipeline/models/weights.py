"""Folders of networks: weights in a safetensors file, and their description in a JSON file beside it.

Nothing is ever unpickled, because loading a pickle (.pt, .ckpt) can run any code.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline.models.description import Description, description_from_json, description_to_json
from pipeline.models.files import DESCRIPTION, WEIGHTS, Shape, WeightsError, check_weights, misfits, record_weights
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Head
from pipeline.runtime.atomic import atomic_file

MAX_PROBLEMS = 20  # listed in one message

BACKBONE, HEAD = "backbone.", "head."  # prefixes of the keys of a network's weights


def save_weights(folder: Path, weights: Mapping[str, Tensor], description: Description) -> None:
    """Write `weights` and `description` to the existing `folder`."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with atomic_file(folder / WEIGHTS) as partial:
        save_file(contiguous, partial)
    (folder / DESCRIPTION).write_text(description_to_json(description), encoding="utf-8")
    record_weights(folder)


def read_description(folder: Path) -> Description:
    """Read the description in a model folder.

    Raises:
        WeightsError: if there is none, or if it is invalid.
    """
    path = folder / DESCRIPTION
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return description_from_json(values)
    except FileNotFoundError:
        raise WeightsError(
            f"{path}: no such file; every model folder that this project writes has it beside {WEIGHTS}"
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path} ({describe_writer(folder)}): not a valid description for this version: {error}"
        ) from None


def load_network(folder: Path, head: type[Head] | None = None) -> tuple[Network, Description]:
    """Load the network of a model folder, in evaluation mode.

    Args:
        folder: the model folder.
        head: the kind of head that the weights must have; None allows every kind.

    Raises:
        WeightsError: if the keys or shapes of the weights are not exactly the network's, or the weights have no head
            or another one than `head`.
    """
    description = read_description(folder)
    if description.head is None:
        raise WeightsError(f"{folder}: weights of a backbone without a head; allowed: weights of a whole network")
    if head is not None and not isinstance(description.head, head):
        raise WeightsError(f"{folder}: weights with the head {description.head}; allowed: {head.__name__}")
    network = build(description.model, description.head)
    weights = read_weights(folder / WEIGHTS)
    _check(network.state_dict(), weights, folder / WEIGHTS)
    network.load_state_dict(weights)
    return network.eval(), description


def load_backbone(network: Network, path: Path) -> None:
    """Load the backbone of `network` from a safetensors file; weights of a head in the file are ignored.

    Raises:
        WeightsError: if the keys or shapes of the file's backbone are not exactly those of the network's.
    """
    weights = {name: tensor for name, tensor in read_weights(path).items() if not name.startswith(HEAD)}
    expected = {f"{BACKBONE}{name}": tensor for name, tensor in network.backbone.state_dict().items()}
    _check(expected, weights, path)
    network.load_state_dict(weights, strict=False)  # only the head's keys are missing, as checked above


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        WeightsError: if the file is missing, has another format, or is not the one that its description describes.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such file")
    check_weights(path)
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(
            f"{path}: not a safetensors file ({error}); pickled weights (.pt, .pth, .ckpt) are not read "
            "because they can run any code: convert them"
        ) from None


def _check(expected: Mapping[str, Tensor], weights: Mapping[str, Tensor], path: Path) -> None:
    """Raise WeightsError unless `weights`, read from `path`, have exactly the keys and shapes of `expected`."""
    problems = misfits(_shapes(expected), _shapes(weights))
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"and {len(problems) - MAX_PROBLEMS} more"]
    if problems:
        raise WeightsError(
            "\n  ".join([f"{path} ({describe_writer(path.parent)}): not the weights of this network:", *problems])
        )


def _shapes(weights: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def describe_writer(folder: Path) -> str:
    """Return the versions that wrote the weights in `folder`, from their description, for error messages."""
    try:
        versions = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))["versions"]
        return "written by " + ", ".join(f"{name} {version}" for name, version in versions.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "written by unknown versions"
