"""Weights on disk: a safetensors file and a JSON description of what they are, in one folder.

Nothing is ever unpickled: a foreign .pt or .ckpt file could run any code.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline.models.description import Description, description_from_json, description_to_json
from pipeline.nets.build import Network, build
from pipeline.runtime.atomic import atomic_file

WEIGHTS = "weights.safetensors"

DESCRIPTION = "description.json"

MAX_PROBLEMS = 20  # named in one message

BACKBONE, HEAD = "backbone.", "head."  # how the names of a network's weights begin


class WeightsError(ValueError):
    """Weights that do not fit; the message names the file and every key that is missing, unexpected or misshapen."""


def save_weights(folder: Path, weights: Mapping[str, Tensor], description: Description) -> None:
    """Write `weights` and `description` into the existing `folder`."""
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with atomic_file(folder / WEIGHTS) as partial:
        save_file(stored, partial)
    (folder / DESCRIPTION).write_text(description_to_json(description), encoding="utf-8")


def read_description(folder: Path) -> Description:
    """Read the description beside the weights in `folder`.

    Raises:
        WeightsError: where there is none, or it describes no weights.
    """
    path = folder / DESCRIPTION
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return description_from_json(found)
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file; it lies beside {WEIGHTS} wherever this project wrote it") from None
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path} ({describe_writer(folder)}): describes no weights of this version: {error}"
        ) from None


def load_network(folder: Path) -> tuple[Network, Description]:
    """Build the network that `folder` describes, in evaluation mode, with exactly the weights stored there.

    Raises:
        WeightsError: where the keys or shapes are not exactly the network's, or the weights have no head.
    """
    description = read_description(folder)
    if description.head is None:
        raise WeightsError(f"{folder}: weights of a backbone, without a head that answers anything")
    network = build(description.model, description.head)
    stored = read_weights(folder / WEIGHTS)
    _check(network.state_dict(), stored, folder / WEIGHTS)
    network.load_state_dict(stored)
    return network.eval(), description


def load_backbone(network: Network, path: Path) -> None:
    """Load the backbone of `network` from a safetensors file; what the file has of a head is passed over.

    Raises:
        WeightsError: where the file's backbone does not have exactly the keys and shapes of the network's.
    """
    stored = {name: tensor for name, tensor in read_weights(path).items() if not name.startswith(HEAD)}
    wanted = {f"{BACKBONE}{name}": tensor for name, tensor in network.backbone.state_dict().items()}
    _check(wanted, stored, path)
    network.load_state_dict(stored, strict=False)  # nothing but the head is left out, as just checked


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        WeightsError: where it is missing or of another kind.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such file")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(
            f"{path}: not a safetensors file ({error}); pickled weights (.pt, .pth, .ckpt) are not read, for "
            "they can run any code: convert them"
        ) from None


def _check(wanted: Mapping[str, Tensor], stored: Mapping[str, Tensor], path: Path) -> None:
    problems = [f"missing: {name}" for name in sorted(wanted.keys() - stored.keys())]
    problems += [f"unexpected: {name}" for name in sorted(stored.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & stored.keys()):
        if wanted[name].shape != stored[name].shape:
            problems.append(f"shape of {name}: {tuple(stored[name].shape)}; allowed: {tuple(wanted[name].shape)}")
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"and {len(problems) - MAX_PROBLEMS} more"]
    if problems:
        raise WeightsError(
            "\n  ".join([f"{path} ({describe_writer(path.parent)}): not the weights of this network:", *problems])
        )


def describe_writer(folder: Path) -> str:
    """Which versions wrote the weights in `folder`, as their description tells: for messages."""
    try:
        versions = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))["versions"]
        return "written by " + ", ".join(f"{name} {version}" for name, version in versions.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "nothing beside it says what wrote it"
