"""Features of recordings: made once by the workers, kept in the artifact store and reused by every experiment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from pipeline.artifacts.verified_outputs import remembered_digests
from pipeline.estimators.protocol import Arrays
from pipeline.items import Item, find_or_make
from pipeline.models.arrays import write_arrays
from pipeline.parallel.workers import check_loaded_code
from pipeline.params.estimator import Source
from pipeline.runtime.project_code import code_hash

FILE = "features.safetensors"


def source_folders(source: Source, sequences: Path, aligned: Path) -> dict[Source, Path]:
    """Return the folder of each source that is an input of the stage: the sequences, and what estimator.source names.

    Examples:
        >>> source_folders("sequences", Path("data/sequences"), Path("data/aligned"))
        {'sequences': PosixPath('data/sequences')}
    """
    return {"sequences": sequences, **({"aligned": aligned} if source == "aligned" else {})}


@dataclass(frozen=True)
class SourceFeatures:
    """The base of `pipeline.estimators.protocol.Features`: finds the folders of recordings in their source.

    Attributes:
        folders: the folder of all recordings, by source.
    """

    folders: Mapping[Source, Path]

    def __call__(
        self,
        kind: str,
        source: Source,
        function: Callable[..., Arrays],
        recordings: Sequence[Path],
        **settings: Any,
    ) -> list[Arrays]:
        """See `pipeline.estimators.protocol.Features`.

        Raises:
            ValueError: if the source is not among the inputs of the stage.
        """
        if source not in self.folders:
            raise ValueError(f"this estimator reads {source}; set estimator.source={source}, which makes it an input")
        return self.compute(kind, function, [self.folders[source] / item.name for item in recordings], settings)

    def compute(
        self, kind: str, function: Callable[..., Arrays], folders: Sequence[Path], settings: Mapping[str, Any]
    ) -> list[Arrays]:
        """Return the features of each recording, given its folder."""
        raise NotImplementedError


@dataclass(frozen=True)
class ComputedFeatures(SourceFeatures):
    """Features that are computed in this process and not kept: of a new video."""

    def compute(
        self, kind: str, function: Callable[..., Arrays], folders: Sequence[Path], settings: Mapping[str, Any]
    ) -> list[Arrays]:
        """Call the function for each recording."""
        return [function(folder, **settings) for folder in folders]


@dataclass(frozen=True)
class StoredFeatures(SourceFeatures):
    """Features that the workers compute, unless the artifact store has them.

    Attributes:
        known_digests: the content hashes of folders that were read before: a stage does not change its inputs.
    """

    known_digests: dict[Path, str] = field(default_factory=dict)

    def digests(self, folders: Sequence[Path]) -> list[str]:
        """Return the content hash of each folder; it is read only if it changed since it was last compared.

        Raises:
            DamagedError: if a file of a folder is not as the stage that made it left it.
        """
        new = [folder for folder in folders if folder not in self.known_digests]
        self.known_digests.update(zip(new, remembered_digests(new), strict=True))
        return [self.known_digests[folder] for folder in folders]

    def compute(
        self, kind: str, function: Callable[..., Arrays], folders: Sequence[Path], settings: Mapping[str, Any]
    ) -> list[Arrays]:
        """Find the features in the store, or make them there.

        Raises:
            ItemsFailedError: naming each recording whose features could not be computed, and why.
        """
        code = code_hash(function.__module__)  # the key that the store makes holds the code of this module alone
        shared = {"function": f"{function.__module__}.{function.__qualname__}", "code": code, "settings": settings}
        items = [
            Item(folder.name, {"recording": digest, **shared}, (code, folder.absolute(), function, settings))
            for folder, digest in zip(folders, self.digests(folders), strict=True)
        ]
        paths = find_or_make(f"features-{kind}", write_features, items, f"{kind} features", "recordings")
        return [load_file(path / FILE) for path in paths]


def write_features(
    folder: Path, code: str, recording: Path, function: Callable[..., Arrays], settings: Mapping[str, Any]
) -> None:
    """Write the features of one recording to the existing `folder`, in a worker.

    Raises:
        CodeMismatchError: if the worker has loaded other code of `function` than that with the hash `code`.
    """
    check_loaded_code(code, function)
    write_arrays(folder / FILE, function(recording, **settings))
