"""Profiles: the settings of a corpus, as differences from params.yaml, and how they get into it.

Only `msn profile` reads profiles; the stages know nothing but params.yaml.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from pipeline.params import Params, ParamsError
from pipeline.params_check import check_params
from pipeline.runtime.atomic import write_text_atomically

ROOTS = (("corpus", "root"), ("corpus", "labels_root"), ("identities", "root"), ("identities", "list"))


class ProfileError(ValueError):
    """A profile cannot be applied; the message says which there are, or what is wrong with it."""


@dataclass(frozen=True)
class Change:
    """One parameter that a profile sets to another value.

    Attributes:
        key: dotted, as model.depth.
        before: the value in params.yaml; None where there was none.
        after: the value in the profile.
    """

    key: str
    before: Any
    after: Any


def apply_profile(name: str, params: Path, profiles: Path) -> list[Change]:
    """Write what the profile `name` says into `params`, keeping its comments and its order.

    The result is checked first: nothing is written that a stage would refuse.

    Args:
        name: of the profile, without .yaml.
        params: the file to change; it appears whole or not at all.
        profiles: the folder of the profiles.

    Returns:
        What changed, in the order of the profile.

    Raises:
        ProfileError: where there is no such profile, or a file is no YAML mapping.
        ParamsError: where the result holds something that is not allowed.
    """
    document = _read(params)
    known = sorted(path.stem for path in profiles.glob("*.yaml"))
    if name not in known:
        raise ProfileError(f"there is no profile {name!r} in {profiles}; allowed: {', '.join(known) or 'none'}")
    profile = _read(profiles / f"{name}.yaml")
    changes = list(_set(document, profile, ""))
    stream = io.StringIO()
    _yaml().dump(document, stream)
    check_params(yaml.safe_load(stream.getvalue()), f"{params} with the profile {name}")
    if changes:
        write_text_atomically(params, stream.getvalue())
    return changes


def roots_to_set(params: Params) -> list[tuple[str, str]]:
    """(dotted key, value) of the roots that lead nowhere on this machine; none where the corpus is simulated."""
    if params.simulate.enabled:
        return []
    values = [(f"{section}.{key}", getattr(getattr(params, section), key)) for section, key in ROOTS]
    return [(key, value) for key, value in values if not Path(value).exists()]


def _set(document: Any, profile: Mapping[str, Any], prefix: str) -> Iterator[Change]:
    """Set every value of `profile` in `document`, and yield what that changed."""
    for key, value in profile.items():
        before = document.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            yield from _set(before, value, f"{prefix}{key}.")
        elif value != before or key not in document:
            document[key] = value
            yield Change(f"{prefix}{key}", before, value)


def _read(path: Path) -> Any:
    try:
        found = _yaml().load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run in the root of the repository") from None
    except YAMLError as error:
        raise ProfileError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(found, Mapping):
        raise ProfileError(f"{path}: holds no sections; allowed: sections with keys, as in params.yaml")
    return found


class _Representer(RoundTripRepresenter):
    """Writes null for None, where ruamel.yaml would write nothing."""


def _null(representer: RoundTripRepresenter, _: None) -> ScalarNode:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _null)


def _yaml() -> YAML:
    """Reads and writes YAML with its comments, quotes and line lengths kept."""
    loader = YAML()
    loader.Representer = _Representer
    loader.preserve_quotes = True
    loader.width = 4096
    return loader
