"""Checksums of outputs: what a stage reads is what another stage made, or damage is named."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.artifacts.hashing import file_digest, folder_digest
from pipeline.artifacts.output_checksums import (
    DamagedError,
    item_folders,
    verified_digest,
    verified_digests,
    verified_output_digest,
    write_output_checksums,
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
    for name in ("ann", "bob"):
        files = (f"{name}/faces/shard", f"{name}/origin")
        write_output_checksums(output, {file: file_digest(output / file) for file in files})
    write_output_checksums(output, {"table": file_digest(output / "table")})
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
    "added": ("faces/other", lambda path: path.write_bytes(b""), "not named in .sha256sums"),
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
        assert file.stat().st_mode & 0o777 == 0o644
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
    with pytest.raises(DamagedError, match=r"bob/faces/shard: not named in .sha256sums"):
        verified_digest(output / "bob")
    os.truncate(sums, 0)
    with pytest.raises(DamagedError, match=r"ann/faces/shard: not named in .sha256sums"):
        verified_digest(output / "ann")


def test_an_output_without_checksums_is_taken_as_it_is(output: Path) -> None:
    (output / ".sha256sums").unlink()
    (output / "ann" / "origin").write_bytes(b"01")
    assert verified_digest(output / "ann") == folder_digest(output / "ann")
    assert item_folders(output) == [output / "ann", output / "bob"]


def test_a_whole_output_is_verified(output: Path) -> None:
    digest = verified_output_digest(output)
    shutil.copytree(output, output.with_name("copy"))
    assert verified_output_digest(output.with_name("copy")) == digest
    (output / "table").write_bytes(b"another")
    with pytest.raises(DamagedError, match=r"aligned/table: damaged: other content"):
        verified_output_digest(output)
    (output / "table").unlink()
    with pytest.raises(DamagedError, match=r"aligned/table: missing"):
        verified_output_digest(output)
    (output / ".sha256sums").unlink()
    assert verified_output_digest(output) != digest
