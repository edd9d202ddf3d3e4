"""Experiments in the DVC repository, and the files of each, read from Git and DVC's cache."""

import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import RevError, SCMError, resolve_rev
from scmrepo.exceptions import RevError as GitRevisionError

from pipeline.experiments.git import git_blob
from pipeline.records.text import decode_text

WORKSPACE = "workspace"  # DVC's name for the working tree


@dataclass(frozen=True)
class Experiment:
    """One state of the repository: an experiment, a Git revision, or the workspace.

    Attributes:
        name: the name that the user or DVC gave it.
        revision: the commit; None for the workspace.
    """

    name: str
    revision: str | None

    def fetch(self, path: str, target: Path) -> None:
        """Copy a file or folder of the experiment to `target`, without changing the workspace.

        Raises:
            ValueError: if the experiment has no such file, or DVC cannot read it.
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
                f"{self.name}: its {path} is not in DVC's cache; the experiment is older than this output, or it was "
                f"removed from the cache: make it with `dvc exp apply {self.name}` and `dvc repro`"
            ) from None
        except DvcException as error:
            raise ValueError(f"{self.name}: DVC cannot read its {path} here: {error}") from None

    def content(self, path: str) -> bytes | None:
        """Return the content of a file; None if the experiment has no such file or it is not in DVC's cache."""
        if self.revision is None:
            return Path(path).read_bytes() if Path(path).is_file() else None
        if (blob := git_blob(self.revision, path)) is not None:  # before DVC, which is slower: it reads more files
            return blob
        with TemporaryDirectory() as folder:
            try:
                self.fetch(path, Path(folder, "file"))
            except ValueError:
                return None
            return Path(folder, "file").read_bytes()

    def text(self, path: str) -> str | None:
        """Return the content of a text file; see `content`."""
        content = self.content(path)
        return None if content is None else decode_text(content, f"{self.name}: {path}")


def find_experiment(name: str) -> Experiment:
    """Return the experiment or Git revision called `name`, or the workspace.

    Raises:
        ValueError: if there is none of this name, or this is no DVC repository.
    """
    if name == WORKSPACE:
        return Experiment(name, None)
    try:
        with Repo() as repo:
            return Experiment(name, _commit(repo, name))
    except (RevError, SCMError):
        raise ValueError(
            f"{name}: neither an experiment nor a revision of Git; `dvc exp show` lists the experiments"
        ) from None
    except DvcException as error:
        raise ValueError(f"{name}: DVC cannot read it here: {error}") from None


def _commit(repo: Repo, name: str) -> str:
    """Return the commit of a Git revision, else that of an experiment.

    Git is asked first, because DVC takes HEAD for another commit while an experiment runs in the workspace, and after
    one that was killed: that from which the experiment began.
    """
    try:
        return str(repo.scm.resolve_rev(name))
    except GitRevisionError:
        return str(resolve_rev(repo.scm, name))


def list_experiments() -> list[Experiment]:
    """Return all experiments of the repository, of every commit, sorted by name.

    Raises:
        ValueError: if this is no DVC repository.
    """
    try:
        with Repo() as repo:
            listing = repo.experiments.ls(all_commits=True)
    except (DvcException, SCMError) as error:
        raise ValueError(f"DVC cannot list experiments here: {error}") from None
    experiments = {Experiment(name, revision) for entries in listing.values() for name, revision in entries}
    return sorted(experiments, key=lambda item: (item.name, item.revision or ""))


@lru_cache(maxsize=4)  # opening one takes longer than reading a file
def _file_system(root: str, revision: str) -> DVCFileSystem:
    return DVCFileSystem(root, rev=revision)
