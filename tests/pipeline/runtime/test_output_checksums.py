"""Checksums of outputs: what a stage reads is what another stage made, or damage is named."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.artifacts.hashing import folder_digest, verified_digests, verified_output_digest
from pipeline.runtime.damage import DamagedError
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.output_checksums import (
    check_file,
    check_files,
    complete_checksums,
    item_folders,
    verified_digest,
    write_checksums,
)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output with two recordings and a table, and their checksums."""
    output = tmp_path / "aligned"
    for name in ("ann", "bob"):
        (output / name / "faces").mkdir(parents=True)
        (output / name / "faces" / "shard").write_bytes(f"faces of {name}".encode())
        (output / name / "origin").write_bytes(b"11")
    (output / "table").write_bytes(b"a table")
    write_checksums(output, {"bob/origin": file_digest(output / "bob/origin")})  # known before
    complete_checksums(output)
    return output


def test_whole_folders_have_the_digest_of_their_content(output: Path) -> None:
    folders = [output / "ann", output / "bob"]
    assert item_folders(output) == folders
    assert verified_digests(folders) == [folder_digest(folder) for folder in folders]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="coreutils are not installed")
def test_coreutils_read_the_checksums(output: Path) -> None:
    command = ["sha256sum", "--check", ".sha256sums"]
    result = subprocess.run(command, cwd=output, capture_output=True, text=True)
    assert result.stdout.splitlines() == [
        f"{name}: OK" for name in ("ann/faces/shard", "ann/origin", "bob/faces/shard", "bob/origin", "table")
    ]


DAMAGES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "cut": ("faces/shard", lambda path: os.truncate(path, 3), "damaged: other content than when it was made"),
    "overwritten": ("origin", lambda path: path.write_bytes(b"01"), "damaged: other content than when it was made"),
    "lost": ("faces/shard", Path.unlink, "missing"),
}


@pytest.mark.parametrize(("name", "damage", "problem"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_named_and_shown_to_dvc(
    output: Path, name: str, damage: Callable[[Path], object], problem: str
) -> None:
    path, sums = output / "ann" / name, output / ".sha256sums"
    damage(path)
    files = [file for file in (path, sums) if file.exists()]
    for file in files:
        os.utime(file, ns=(5, 5))
        file.chmod(0o444)
    for _ in range(2):
        with pytest.raises(DamagedError) as error:
            verified_digests([output / "bob", output / "ann"])
        assert str(error.value).startswith(f"{path}: {problem}")
        assert str(error.value).endswith("; `dvc repro` makes it again")
    for file in files:
        assert file.stat().st_mtime_ns > 5
        assert file.stat().st_mode & 0o777 == 0o644  # as before, and writable
    assert verified_digest(output / "bob") == folder_digest(output / "bob")


def test_a_lost_folder_is_named(output: Path) -> None:
    shutil.rmtree(output / "bob")
    with pytest.raises(DamagedError, match=r"aligned/bob: missing; `dvc repro` makes it again"):
        item_folders(output)


def test_cut_checksums_do_not_hide_a_folder(output: Path) -> None:
    sums = output / ".sha256sums"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(lines[:2]))
    assert verified_digest(output / "ann")
    with pytest.raises(DamagedError, match=r"aligned/.sha256sums: damaged: does not name bob"):
        verified_digest(output / "bob")
    os.truncate(sums, 0)
    with pytest.raises(DamagedError, match=r"aligned/.sha256sums: damaged: does not name ann"):
        verified_digest(output / "ann")


def test_files_of_the_system_are_left_out(output: Path) -> None:
    before = verified_digest(output / "ann")
    (output / "ann" / ".nfs0001").write_bytes(b"open elsewhere")
    assert verified_digest(output / "ann") == before


def test_known_checksums_are_not_computed_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    write_checksums(tmp_path, {"b": "known"})
    complete_checksums(tmp_path)
    assert (tmp_path / ".sha256sums").read_text() == f"{file_digest(tmp_path / 'a')}  a\nknown  b\n"


def test_an_output_without_checksums_is_taken_as_it_is(output: Path) -> None:
    (output / ".sha256sums").unlink()
    (output / "ann" / "origin").write_bytes(b"01")
    assert verified_digest(output / "ann") == folder_digest(output / "ann")
    assert item_folders(output) == [output / "ann", output / "bob"]


def test_a_whole_output_is_verified(output: Path) -> None:
    digest = verified_output_digest(output)
    shutil.copytree(output, output.with_name("copy"))
    assert verified_output_digest(output.with_name("copy")) == digest
    for check in (lambda: verified_output_digest(output), lambda: check_files(output)):
        (output / "table").write_bytes(b"another")
        with pytest.raises(DamagedError, match=r"aligned/table: damaged: other content"):
            check()
        (output / "table").unlink()
        with pytest.raises(DamagedError, match=r"aligned/table: missing"):
            check()
    (output / ".sha256sums").unlink()
    assert verified_output_digest(output) != digest
    check_files(output)


def test_a_single_file_is_verified(output: Path, tmp_path: Path) -> None:
    check_file(output / "table")
    check_file(tmp_path / "in no output")
    (output / "table").write_bytes(b"another")
    with pytest.raises(DamagedError, match=r"aligned/table: damaged: other content"):
        check_file(output / "table")
    (output / "unnamed").write_bytes(b"")
    check_file(output / "unnamed")
