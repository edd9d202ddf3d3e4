"""The folders of the artifact store: finished items, and the progress of trainings."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.artifact_store import work_root
from pipeline.runtime.file_digest import files_below

FEATURES = "features-"  # kinds of items begin with it (pipeline/estimators/features.py)


@dataclass(frozen=True)
class StoredFolder:
    """A folder in the artifact store: an item, or the progress of a training.

    Attributes:
        kind: of the item: decode, align, ...
        folder: its path.
        bytes: the size of its files; DVC's cache and the outputs share them if hard links are possible.
        finished: whether it is an item; else it is the progress from which the same training resumes.
    """

    kind: str
    folder: Path
    bytes: int
    finished: bool

    @property
    def is_features(self) -> bool:
        """Whether it holds features of a recording, which no stage has as an output, so no dvc.lock refers to them."""
        return self.kind.startswith(FEATURES)


def stored_folders() -> list[StoredFolder]:
    """List all folders in the store, sorted by kind."""
    stored = []
    for subfolder, finished in (("items", True), ("scratch", False)):
        for folder in sorted(work_root().glob(f"*/{subfolder}/*")):
            size = sum(path.stat().st_size for path in files_below(folder))
            stored.append(StoredFolder(folder.parents[1].name, folder, size, finished))
    return sorted(stored, key=lambda item: (item.kind, not item.finished, item.folder))
