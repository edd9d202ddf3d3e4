"""File systems, links and locks, as `msn doctor` finds them."""

import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from pipeline.doctor import storage
from pipeline.doctor.check import Check, Verdict

Usage = namedtuple("Usage", "total used free")
MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /home rw shared:2 - nfs4 server.example.invalid:/export rw
41 22 0:41 / /mnt/with\040blank rw - fuse.sshfs ann@host:/ rw
42 22 0:42 / /home rw shared:3 - lustre 10.0.0.1@tcp:/x rw
"""


def _checks() -> dict[str, Check]:
    return {check.name: check for check in storage.examine().checks}


def test_a_place_on_a_local_disk_passes(checkout: Path) -> None:
    checks, facts = _checks(), storage.examine().facts
    assert [checks[name].verdict for name in ("writing", "links", "file locks", "free space")] == [Verdict.OK] * 4
    assert facts["hard links, artifact store to DVC's cache"] == "yes"
    assert facts["checkout, store and cache are on one file system"] is True
    assert str(facts["artifact store"]).endswith("; not made yet")
    assert {path.name for path in checkout.iterdir()} >= {".dvc", "dvc.yaml"}
    assert list(checkout.rglob("msn-doctor-*")) == []


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("/", "ext4"), ("/home/ann/data", "lustre"), ("/mnt/with blank/x", "fuse.sshfs"), ("/mnt/without", "ext4")],
)
def test_the_type_is_that_of_the_nearest_mount(
    folder: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS.lstrip())
    monkeypatch.setattr(storage, "MOUNTS", tmp_path / "mountinfo")
    assert storage._file_system_type(Path(folder)) == expected
    monkeypatch.setattr(storage, "MOUNTS", tmp_path / "nothing")
    assert storage._file_system_type(Path(folder)) == "of unknown type"


def test_a_network_file_system_is_named_without_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mountinfo").write_text(f"40 22 0:40 / {tmp_path} rw shared:2 - nfs4 server:/export/ann rw\n")
    monkeypatch.setattr(storage, "MOUNTS", tmp_path / "mountinfo")
    assert storage._describe(tmp_path).startswith("nfs4, over the network, ")


def test_files_that_can_only_be_copied_are_a_warning(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link: /home/ann")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(storage, "ioctl", refuse)
    check = _checks()["links"]
    assert check.verdict is Verdict.WARNING
    assert check.finding == ("files are copied, not linked: DVC's cache to checkout, artifact store to DVC's cache")
    assert storage.examine().facts["hard links, DVC's cache to checkout"] == "no (EXDEV)"


def test_locks_that_do_not_exclude_are_a_problem(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "flock", lambda *_: None)
    check = _checks()["file locks"]
    assert (check.verdict, check.finding) == (Verdict.PROBLEM, "do not work in the artifact store: free")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(storage, "flock", refuse)
    assert _checks()["file locks"].finding == "do not work in the artifact store: ENOLCK"


def test_a_place_that_cannot_be_written_to_is_a_problem(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_WORK", "/proc/nothing")  # nobody can write there, root included
    check = _checks()["writing"]
    assert check.verdict is Verdict.PROBLEM and check.finding.startswith("artifact store: E")


def test_a_store_in_a_folder_that_cannot_be_looked_into_hides_nothing_else(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSN_WORK", f"{checkout}/{'q' * 300}/store")  # root can look into every folder
    checks = _checks()
    assert checks["writing"].verdict is Verdict.OK  # the folder above
    assert checks["file locks"].verdict is Verdict.OK


@pytest.mark.parametrize(
    ("free", "full", "disk"), [(10**7, "problem", "warning"), (5 * 10**9, "ok", "warning"), (10**11, "ok", "ok")]
)
def test_free_space(checkout: Path, monkeypatch: pytest.MonkeyPatch, free: int, full: str, disk: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    assert (_checks()["free space"].verdict, _checks()["disk"].verdict) == (full, disk)
    assert "8.7 GB are needed for the environment and the demo" in _checks()["disk"].finding


def test_outside_of_a_checkout_only_the_temporary_folder_is_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TMPDIR", raising=False)
    section = storage.examine()
    assert list(section.facts) == ["temporary folder"]
    assert {check.name: check.verdict for check in section.checks} == {"writing": Verdict.OK, "free space": Verdict.OK}


@pytest.mark.parametrize(("name", "verdict"), [("there", Verdict.OK), ("missing", Verdict.WARNING)])
def test_a_temporary_folder_that_is_not_used_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, verdict: Verdict
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / name))
    monkeypatch.setattr("tempfile.tempdir", None)  # Python remembers the folder
    assert _checks()["TMPDIR"].verdict is verdict
