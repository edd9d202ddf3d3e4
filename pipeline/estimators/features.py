"""Features of recordings: made once by the workers, kept in the artifact store and reused by every experiment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from pipeline.artifacts.hashing import folder_digests
from pipeline.estimator_settings import Source
from pipeline.estimators.protocol import Arrays
from pipeline.items import Item, find_or_make
from pipeline.parallel.workers import check_loaded_code
from pipeline.runtime.project_code import code_hash

FILE = "features.safetensors"


def source_folders(sequences: Path, source: Path) -> dict[Source, Path]:
    """Return the folder of each source of a stage, whose inputs are data/sequences and data/${estimator.source}."""
    return {"sequences": sequences, **({"aligned": source} if source != sequences else {})}


@dataclass(frozen=True)
class StoredFeatures:
    """Features that the workers compute, unless the artifact store has them.

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
            ItemsFailedError: naming each recording whose features could not be computed, and why.
        """
        folders = [(_folder_of(self.folders, source) / recording.name).absolute() for recording in recordings]
        code = code_hash(function.__module__)  # the key that the store makes holds the code of this module alone
        shared = {"function": f"{function.__module__}.{function.__qualname__}", "code": code, "settings": settings}
        items = [
            Item(folder.name, {"recording": digest, **shared}, (code, folder, function, settings))
            for folder, digest in zip(folders, folder_digests(folders), strict=True)
        ]
        paths = find_or_make(f"features-{kind}", write_features, items, f"{kind} features", "recordings")
        return [load_file(path / FILE) for path in paths]


@dataclass(frozen=True)
class ComputedFeatures:
    """Features that are computed in this process and not kept: of a new video.

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
        """See `pipeline.estimators.protocol.Features`."""
        return [function(_folder_of(self.folders, source) / recording.name, **settings) for recording in recordings]


def write_features(
    folder: Path, code: str, recording: Path, function: Callable[..., Arrays], settings: Mapping[str, Any]
) -> None:
    """Write the features of one recording to the existing `folder`, in a worker.

    Raises:
        CodeMismatchError: if the worker has loaded other code of `function` than that with the hash `code`.
    """
    check_loaded_code(code, function)
    arrays = function(recording, **settings)
    save_file({name: np.array(array, order="C") for name, array in arrays.items()}, folder / FILE)


def _folder_of(folders: Mapping[Source, Path], source: Source) -> Path:
    """Return the folder of a source.

    Raises:
        ValueError: if it is not among the inputs of the stage.
    """
    if source not in folders:
        raise ValueError(f"this estimator reads {source}; set estimator.source={source}, which makes it an input")
    return folders[source]
