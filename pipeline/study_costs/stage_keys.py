"""Keys of stages: equal where a stage has the same parameters, the same code, and stages with equal keys before it.

A stage with a key that a finished run has is not run again: DVC takes its outputs from its cache. As with the
fingerprints of runs, the content of the corpus is not part of a key.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import yaml
from dvc.exceptions import DvcException
from dvc.repo import Repo

from pipeline.artifacts.hashing import json_digest
from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.git import git
from pipeline.params.check import check_params
from pipeline.params.errors import ParamsError
from pipeline.studies.fingerprint import DVC_YAML, PARAMS, interpolate

VIDEOS = (
    *("simulate.enabled", "simulate.seed", "simulate.cue", "simulate.cue_in", "simulate.subject_share"),
    *("simulate.subjects", "simulate.sessions", "simulate.frames", "simulate.frame_rate"),
    *("simulate.width", "simulate.height", "simulate.source", "simulate.footage", "simulate.largest_cue"),
    "corpus.scale",
)
# Parts of outputs that fewer parameters shape than the stage has: the other stages that read them do not run again.
SHAPED_BY = {
    "data/simulated/vggface2": ("simulate.enabled", "simulate.seed", "simulate.identities", "simulate.images"),
    "data/simulated/avec2014": VIDEOS,
    "data/simulated/other": (*VIDEOS, "simulate.external"),
    "data/corpus/recordings.csv": ("corpus.layout", "corpus.root", "corpus.external"),
    "data/corpus/partitions.csv": (
        *("corpus.layout", "corpus.root", "corpus.labels_root", "corpus.external"),
        *("corpus.partition", "corpus.folds", "corpus.fold"),
    ),
    "models/estimator.json": ("estimator.name", "estimator.${estimator.name}"),
}


@dataclass(frozen=True)
class Stages:
    """The stages of a commit or tree, in run order, with some parameters.

    Attributes:
        tree: of Git.
        content: of each stage in dvc.yaml.
        values: the content of params.yaml, checked.
    """

    tree: str
    content: Mapping[str, Mapping[str, Any]]
    values: Mapping[str, Any]

    def reached_by(self, name: str) -> list[str]:
        """Return a stage and all stages whose outputs it reads, directly or not."""
        reached = [name]
        for stage in reached:  # which grows meanwhile
            makers = (self._makers.get(path) for path in self._outputs_read(stage).values())
            reached += dict.fromkeys(maker for maker in makers if maker and maker not in reached)
        return reached

    def parameters(self, name: str) -> list[str]:
        """Return the dotted keys, or sections, of params.yaml on which the result of a stage depends."""
        return sorted({key for stage in self.reached_by(name) for key in self.content[stage].get("params", [])})

    @cached_property
    def keys(self) -> dict[str, str]:
        """The key of each stage."""
        return {name: self._key(name, stage.get("params", [])) for name, stage in self.content.items()}

    def _key(self, name: str, params: Iterable[str]) -> str:
        """Return the key of a stage, or of a part of its outputs that only some of its parameters shape."""
        own = {part: value for part, value in self.content[name].items() if part != "desc"}
        values = {key: value_at(self.values, interpolate(key, self.values)) for key in params}
        code = {path: digest for path in self._deps[name] if (digest := self._hashes.get(path))}
        return json_digest(
            [own, values, code, {dep: self._part_key(dep, out) for dep, out in self._outputs_read(name).items()}]
        )

    def _part_key(self, dep: str, output: str) -> str:
        """Return the key of what a stage reads of an output."""
        if dep not in self._part_keys:
            maker = self._makers[output]
            shaped = (params for part, params in SHAPED_BY.items() if f"{dep}/".startswith(f"{part}/"))
            self._part_keys[dep] = self._key(maker, next(shaped, self.content[maker].get("params", [])))
        return self._part_keys[dep]

    @cached_property
    def _part_keys(self) -> dict[str, str]:
        """The keys that `_part_key` returned before, by what is read."""
        return {}

    def _outputs_read(self, name: str) -> dict[str, str]:
        """Return the output of a stage in which each path lies that this stage reads, for those that lie in one."""
        return {dep: path for dep in self._deps[name] for path in self._makers if f"{dep}/".startswith(f"{path}/")}

    @cached_property
    def _makers(self) -> dict[str, str]:
        """The stage that makes each output."""
        return {path: name for name, stage in self.content.items() for path in _outputs(stage)}

    @cached_property
    def _deps(self) -> dict[str, list[str]]:
        """The paths that each stage reads, with the values of parameters in them."""
        return {
            name: [interpolate(dep, self.values) for dep in stage.get("deps", []) if isinstance(dep, str)]
            for name, stage in self.content.items()
        }

    @cached_property
    def _hashes(self) -> dict[str, str]:
        """Git's hash of each path that a stage reads and that Git tracks."""
        paths = sorted({path for deps in self._deps.values() for path in deps if not path.startswith(("/", ".."))})
        entries = (line.partition("\t") for line in git("ls-tree", self.tree, "--", *paths).splitlines())
        return {path: facts.split()[2] for facts, _, path in entries}


def stages_of(tree: str, params: Mapping[str, Any]) -> Stages:
    """Return the stages of a commit or tree with the content of a params.yaml.

    Raises:
        ParamsError: if a parameter is not allowed.
        ValueError: if there is no dvc.yaml.
    """
    return Stages(tree, _read_stages(tree), check_params(params).model_dump(mode="json"))


def keys_of_run(revision: str) -> set[str]:
    """Return the keys of the stages of a finished run; none if its parameters or stages are not those of this version.

    Args:
        revision: its commit.
    """
    try:
        params = yaml.safe_load(git("cat-file", "blob", f"{revision}:{PARAMS}"))
        return set(stages_of(revision, params).keys.values())
    except (KeyError, ParamsError, TypeError, ValueError, yaml.YAMLError):
        return set()


def keys_of_workspace(tree: str, params: Mapping[str, Any]) -> set[str]:
    """Return the keys of the stages that are up to date in the workspace; none if DVC cannot say.

    Args:
        tree: of the workspace.
        params: the content of its params.yaml.
    """
    try:
        with Repo() as repo:
            changed = {name.rpartition(":")[2] for name in repo.status()}
    except DvcException:  # another command of DVC runs, or an output is missing
        return set()
    stages = stages_of(tree, params)
    return {key for name, key in stages.keys.items() if not changed & {*stages.reached_by(name)}}


@cache
def _read_stages(tree: str) -> dict[str, Any]:
    return yaml.safe_load(git("cat-file", "blob", f"{tree}:{DVC_YAML}"))["stages"]


def _outputs(stage: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("outs", "metrics"):
        for out in stage.get(kind, []):
            yield next(iter(out)) if isinstance(out, dict) else out
