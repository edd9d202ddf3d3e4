"""Checksums of an output folder: the file .sha256sums in it, by which whatever reads the output finds damage.

DVC trusts the files of its cache, and outputs are links to them, so DVC does not see damage done to both. The file has
the format of coreutils: `cd data/aligned && sha256sum --check --quiet .sha256sums`.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from pipeline.runtime.damage import DamagedError, damaged, make_dvc_look_again
from pipeline.runtime.file_digest import file_digest, file_digests_below, files_below

NAME = ".sha256sums"  # no id of a recording begins with a dot


def write_checksums(output: Path, known: Mapping[str, str]) -> None:
    """Begin the checksums of an output with the SHA-256 of files that need not be hashed, by their paths in it."""
    (output / NAME).write_text("".join(f"{digest}  {name}\n" for name, digest in known.items()), encoding="utf-8")


def complete_checksums(output: Path) -> None:
    """Add all other files of an output to its checksums, and sort them."""
    known = {
        f"{folder}/{name}" if folder else name: digest
        for folder, digests in _expected(output).items()
        for name, digest in digests.items()
    }
    names = [path.relative_to(output).as_posix() for path in files_below(output)]
    digests = {name: known.get(name) or file_digest(output / name) for name in names if name != NAME}
    write_checksums(output, dict(sorted(digests.items())))


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
    """Return the hash of a folder's files and their names, after comparing them with the checksums of the output.

    Files that the checksums do not name are left out. A folder of an output without checksums, which no stage of this
    project wrote, is taken as it is.

    Raises:
        DamagedError: if a file is missing or has other content; the message names it.
        NotADirectoryError: if `folder` is not a folder.
    """
    digests, by_folder = file_digests_below(folder), _expected(folder.parent)
    if not by_folder:
        return combined_digest(digests)
    if folder.name not in by_folder:
        raise damaged(folder.parent / NAME, f"damaged: does not name {folder.name}")
    _compare(folder, by_folder[folder.name], digests)
    return combined_digest({name: digests[name] for name in by_folder[folder.name]})


def check_files(output: Path) -> None:
    """Compare the files that lie directly in an output with its checksums, if it has some.

    Raises:
        DamagedError: if a file is missing or has other content; the message names it.
    """
    expected = _expected(output).get("", {})
    _compare(output, expected, {name: file_digest(output / name) for name in expected if (output / name).is_file()})


def check_file(path: Path) -> None:
    """Compare a file that lies directly in an output with the checksums of the output, if it has some.

    Raises:
        DamagedError: if it has other content; the message names it.
    """
    if expected := _expected(path.parent).get("", {}).get(path.name):
        _compare(path.parent, {path.name: expected}, {path.name: file_digest(path)})


def combined_digest(digests: Mapping[str, str]) -> str:
    """SHA-256 of the names and the SHA-256 of files."""
    return sha256("".join(f"{name}\n{digest}\n" for name, digest in sorted(digests.items())).encode()).hexdigest()


def _compare(folder: Path, expected: Mapping[str, str], digests: Mapping[str, str]) -> None:
    """Raise a DamagedError if a file of `folder` is missing or has another SHA-256 than the expected one."""
    for name, digest in expected.items():
        if digests.get(name) != digest:
            problem = "damaged: other content than when it was made" if name in digests else "missing"
            make_dvc_look_again([folder.parent / NAME, folder / NAME])
            raise damaged(folder / name, problem)


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
        folder, _, rest = name.partition("/") if "/" in name else ("", "", name)
        digests.setdefault(folder, {})[rest] = digest
    return digests
