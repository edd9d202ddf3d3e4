"""Profiles: the settings of a corpus, and their application to params.yaml.

Only `msn profile` reads profiles; the stages read params.yaml alone.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from pipeline.params.check import check_params
from pipeline.params.errors import ParamsError
from pipeline.params.whole import Params
from pipeline.places import roots_read
from pipeline.records.text import read_text
from pipeline.runtime.atomic import write_text_atomically


class ProfileError(ValueError):
    """A profile cannot be applied; the message lists the existing profiles, or what is wrong with this one."""


@dataclass(frozen=True)
class Change:
    """A parameter that a profile changes.

    Attributes:
        key: the dotted key, for example model.depth.
        before: the value in params.yaml; None if there was none.
        after: the value in the profile.
    """

    key: str
    before: Any
    after: Any


def apply_profile(name: str, params: Path, profiles: Path) -> list[Change]:
    """Write the settings of the profile `name` into `params`, keeping its comments and its order.

    The result is checked first: nothing is written that a stage would refuse.

    Args:
        name: of the profile, without .yaml.
        params: the file to change; it is replaced atomically.
        profiles: the folder of the profiles.

    Returns:
        The changes, in the order of the profile.

    Raises:
        ProfileError: if there is no such profile, or a file is not a YAML mapping.
        ParamsError: if a setting of the result is not allowed.
    """
    document = _read(params)
    names = sorted(path.stem for path in profiles.glob("*.yaml"))
    if name not in names:
        raise ProfileError(f"there is no profile {name!r} in {profiles}; allowed: {', '.join(names) or 'none'}")
    profile = _read(profiles / f"{name}.yaml")
    changes = list(_set(document, profile, ""))
    stream = io.StringIO()
    _yaml().dump(document, stream)
    check_params(yaml.safe_load(stream.getvalue()), f"{params} with the profile {name}")
    if changes:
        write_text_atomically(params, stream.getvalue())
    return changes


def roots_to_set(params: Params) -> list[tuple[str, str]]:
    """Return (dotted key, path) of the roots that do not exist on this machine; none if the corpus is simulated."""
    if params.simulate.enabled:
        return []
    values = [(key, attrgetter(key)(params)) for key in roots_read(params.corpus.external.layout)]
    return [(key, value) for key, value in values if not Path(value).exists()]


def _set(document: Any, profile: Mapping[str, Any], prefix: str) -> Iterator[Change]:
    """Set every value of `profile` in `document` and yield each change."""
    for key, value in profile.items():
        before = document.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            yield from _set(before, value, f"{prefix}{key}.")
        elif value != before or key not in document:
            document[key] = value
            yield Change(f"{prefix}{key}", before, value)


def _read(path: Path) -> Any:
    try:
        document = _yaml().load(read_text(path))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run in the root of the repository") from None
    except YAMLError as error:
        raise ProfileError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(document, Mapping):
        raise ProfileError(f"{path}: holds no sections; allowed: sections with keys, as in params.yaml")
    return document


class _Representer(RoundTripRepresenter):
    """A representer that writes null for None; ruamel.yaml's own writes nothing."""


def _null(representer: RoundTripRepresenter, _: None) -> ScalarNode:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _null)


def _yaml() -> YAML:
    """Return a reader and writer of YAML that keeps comments, quotes and line lengths."""
    loader = YAML()
    loader.Representer = _Representer
    loader.preserve_quotes = True
    loader.width = 4096
    return loader
