"""Experiments as DVC keeps them: which there are, and the files of each, out of Git and DVC's cache."""

import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import RevError, SCMError, resolve_rev

from pipeline.experiments.git import git_blob

WORKSPACE = "workspace"  # DVC's name for the files as they lie here


@dataclass(frozen=True)
class Experiment:
    """One state of the repository: an experiment, a revision of Git, or the files as they lie here.

    Attributes:
        name: as the user or DVC calls it.
        revision: the commit; None for the workspace.
    """

    name: str
    revision: str | None

    def fetch(self, path: str, target: Path) -> None:
        """Copy a file or folder of it to `target`; the workspace is left alone.

        Raises:
            ValueError: where it has no such file, or DVC cannot read it.
        """
        if self.revision is None:
            if not Path(path).exists():
                raise ValueError(f"{self.name}: there is no {path}; run the pipeline first (dvc repro)")
            copy = shutil.copytree if Path(path).is_dir() else shutil.copyfile
            copy(path, target)
            return
        try:
            _file_system(str(Path.cwd()), self.revision).get(path, str(target), recursive=True)
        except FileNotFoundError:
            raise ValueError(
                f"{self.name}: its {path} is not in DVC's cache; it was made before there was such an output, or "
                f"removed: make it with `dvc exp apply {self.name}` and `dvc repro`"
            ) from None
        except DvcException as error:
            raise ValueError(f"{self.name}: DVC cannot read its {path} here: {error}") from None

    def content(self, path: str) -> bytes | None:
        """What a file of it holds; None where it has no such file, or DVC's cache has lost it."""
        if self.revision is None:
            return Path(path).read_bytes() if Path(path).is_file() else None
        if (blob := git_blob(self.revision, path)) is not None:  # Git is faster than DVC, which reads more first
            return blob
        with TemporaryDirectory() as folder:
            try:
                self.fetch(path, Path(folder, "file"))
            except ValueError:
                return None
            return Path(folder, "file").read_bytes()

    def text(self, path: str) -> str | None:
        """What a text file of it holds; see `content`."""
        content = self.content(path)
        return None if content is None else content.decode("utf-8-sig")


def find_experiment(name: str) -> Experiment:
    """The experiment, or the revision of Git, that is called so; or the workspace.

    Raises:
        ValueError: where nothing is called so, or this is no repository of DVC.
    """
    if name == WORKSPACE:
        return Experiment(name, None)
    try:
        with Repo() as repo:
            return Experiment(name, resolve_rev(repo.scm, name))
    except (RevError, SCMError):
        raise ValueError(
            f"{name}: neither an experiment nor a revision of Git; `dvc exp show` lists the experiments"
        ) from None
    except DvcException as error:
        raise ValueError(f"{name}: DVC cannot read it here: {error}") from None


def list_experiments() -> list[Experiment]:
    """All experiments of the repository, of every commit, by name.

    Raises:
        ValueError: where this is no repository of DVC.
    """
    try:
        with Repo() as repo:
            listed = repo.experiments.ls(all_commits=True)
    except (DvcException, SCMError) as error:
        raise ValueError(f"DVC cannot list experiments here: {error}") from None
    found = {Experiment(name, revision) for named in listed.values() for name, revision in named}
    return sorted(found, key=lambda item: (item.name, item.revision or ""))


@lru_cache(maxsize=4)  # to open one takes longer than to read a file of it
def _file_system(root: str, revision: str) -> DVCFileSystem:
    return DVCFileSystem(root, rev=revision)
