"""The user's own folder: made for the user alone, and refused if another account could change what is in it."""

import os
from pathlib import Path

import pytest

from pipeline.training.gpu_lock import hold_gpu
from pipeline.user_folder import UnsafeFolderError, user_folder

NOBODY = 65534
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root: it gives files to another account")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_folder_is_made_for_the_user_alone_whatever_the_umask(cache: Path) -> None:
    umask = os.umask(0)
    try:
        folder = user_folder("locks")
    finally:
        os.umask(umask)
    assert folder == cache / "msn-depression/locks"
    for path in (folder, folder.parent):
        assert path.stat().st_mode & 0o777 == 0o700
    assert user_folder("locks") == folder


def test_without_a_setting_it_is_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_folder("locks") == tmp_path / ".cache/msn-depression/locks"


@pytest.mark.parametrize("name", ["msn-depression", "msn-depression/gpu-locks"])
def test_a_planted_link_is_refused_and_its_target_unchanged(cache: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "target"
    (target / "gpu-locks").mkdir(parents=True)
    for path in (target / "GPU-test.lock", target / "gpu-locks/GPU-test.lock"):
        path.write_text("kept")
    (cache / name).parent.mkdir(parents=True)
    (cache / name).symlink_to(target)
    with pytest.raises(UnsafeFolderError, match=f"{name} is a link(.|\n)*XDG_CACHE_HOME"), hold_gpu("GPU-test"):
        pass
    assert (target / "GPU-test.lock").read_text() == "kept"
    assert (target / "gpu-locks/GPU-test.lock").read_text() == "kept"


def test_a_folder_that_all_can_change_is_refused(cache: Path) -> None:
    user_folder("locks").chmod(0o702)
    with pytest.raises(UnsafeFolderError, match=r"locks can be changed by all accounts \(mode 702\)"):
        user_folder("locks")


def test_a_folder_that_others_can_read_is_closed(cache: Path) -> None:
    (user_folder("locks") / "own").touch()
    (cache / "msn-depression/locks").chmod(0o755)
    assert user_folder("locks").stat().st_mode & 0o777 == 0o700


def test_an_empty_folder_of_a_group_is_made_anew(cache: Path) -> None:
    """PyTorch leaves such a folder when it exports a network while the umask is 002."""
    folder = user_folder("locks")
    folder.chmod(0o775)
    descriptor = os.open(folder, os.O_RDONLY)  # as a member of the group may keep it open
    assert user_folder("locks").stat().st_mode & 0o777 == 0o700
    with pytest.raises(FileNotFoundError):
        os.open("code.py", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor)
    os.close(descriptor)


@pytest.mark.parametrize("owner", [os.getuid(), pytest.param(NOBODY, marks=needs_root)])
def test_a_folder_that_a_group_could_fill_is_refused(cache: Path, owner: int) -> None:
    """Also with files of the user's own: where the group may write folders, it may write the files in them."""
    folder = user_folder("locks")
    folder.chmod(0o775)
    (folder / "code.py").write_text("planted")
    os.chown(folder / "code.py", owner, -1)
    for _ in range(2):  # the first refusal does not make it look closed
        with pytest.raises(UnsafeFolderError, match=r"locks can be changed by a group \(mode 775\), and is not empty"):
            user_folder("locks")


@needs_root
def test_a_folder_of_another_account_is_refused(cache: Path) -> None:
    os.chown(user_folder("locks"), NOBODY, NOBODY)
    with pytest.raises(UnsafeFolderError, match=f"locks belongs to user {NOBODY}, not to 0"):
        user_folder("locks")
