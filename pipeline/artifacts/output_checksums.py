"""Checksums of an output: the file .sha256sums in it, by which the stages that read it find damage.

DVC trusts the files of its cache, and outputs are links to them, so DVC does not see damage done to both. The file has
the format of coreutils: `cd data/aligned && sha256sum --check --quiet .sha256sums`.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from pipeline.artifacts.checksums import make_dvc_look_again
from pipeline.artifacts.hashing import combined_digest, file_digest, file_digests_below
from pipeline.parallel.worker_count import worker_count

NAME = ".sha256sums"  # no id of a recording begins with a dot


class DamagedError(ValueError):
    """A file of an output is damaged; the message names it."""


def write_output_checksums(output: Path, digests: Mapping[str, str]) -> None:
    """Add the SHA-256 of files to the checksums of an output, by their paths in it."""
    lines = [f"{digest}  {name}\n" for name, digest in sorted(digests.items())]
    with (output / NAME).open("a", encoding="utf-8") as stream:
        stream.writelines(lines)


def item_folders(output: Path) -> list[Path]:
    """Return the folders of an output, sorted, after checking that none of those in its checksums is lost.

    Raises:
        DamagedError: naming a folder that is lost.
    """
    folders = {path.name: path for path in output.iterdir() if path.is_dir()}
    if lost := sorted(_expected(output).keys() - folders.keys() - {""}):
        make_dvc_look_again([output / NAME])
        raise DamagedError(f"{output / lost[0]}: missing; `dvc repro` makes it again")
    return [folders[name] for name in sorted(folders)]


def verified_digest(folder: Path) -> str:
    """Return the `folder_digest` of a folder in an output, after comparing its files with the output's checksums.

    An output without checksums, which no stage of this project wrote, is taken as it is.

    Raises:
        DamagedError: if a file is missing, added or has other content; the message names it.
        NotADirectoryError: if `folder` is not a folder.
    """
    digests = file_digests_below(folder)
    _compare(folder, _expected(folder.parent).get(folder.name, {}), digests)
    return combined_digest(digests)


def verified_digests(folders: Iterable[Path]) -> list[str]:
    """`verified_digest` of each folder, several at a time."""
    with ThreadPoolExecutor(worker_count()) as pool:
        return list(pool.map(verified_digest, folders))


def verified_output_digest(output: Path) -> str:
    """Return the hash of a whole output, after comparing it with its checksums; see `verified_digest`."""
    folders = item_folders(output)
    files = sorted(path for path in output.iterdir() if path.is_file() and path.name != NAME)
    digests = {path.name: file_digest(path) for path in files}
    _compare(output, _expected(output).get("", {}), digests)
    contents = dict(zip([folder.name for folder in folders], verified_digests(folders), strict=True))
    return combined_digest(contents | digests)


def _compare(folder: Path, expected: Mapping[str, str], digests: Mapping[str, str]) -> None:
    """Raise a DamagedError if the SHA-256 of the files in `folder` are not the expected ones."""
    sums = (folder if (folder / NAME).is_file() else folder.parent) / NAME
    for name in sorted(expected.keys() | digests.keys()) if sums.is_file() else ():
        if expected.get(name) != digests.get(name):
            make_dvc_look_again([folder / name, sums])
            raise DamagedError(f"{folder / name}: {_damage(name, expected, digests)}; `dvc repro` makes it again")


def _damage(name: str, expected: Mapping[str, str], digests: Mapping[str, str]) -> str:
    if name not in digests:
        return "missing"
    return f"damaged: other content than when it was made ({NAME})" if name in expected else f"not named in {NAME}"


def _expected(output: Path) -> dict[str, dict[str, str]]:
    """Return the checksums of an output; empty if it has none."""
    path = output / NAME
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


@lru_cache
def _read(path: Path, _modified: int) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of the files of each folder, by folder and path in it; files outside of folders under ""."""
    digests: dict[str, dict[str, str]] = {"": {}}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        folder, _, rest = name.rpartition("/") if name.count("/") == 0 else name.partition("/")
        digests.setdefault(folder, {})[rest] = digest
    return digests
