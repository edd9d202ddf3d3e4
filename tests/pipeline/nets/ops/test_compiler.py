"""PyTorch runs code from its cache only if no other account can put code there."""

import tempfile
from getpass import getuser
from pathlib import Path

import pytest
import torch

from pipeline.nets.ops.compiler import compile_function
from pipeline.user_folder import UnsafeFolderError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of PyTorch's cache in an empty temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"torchinductor_{getuser()}"


def test_the_cache_is_closed_to_others(cache: Path) -> None:
    cache.mkdir(mode=0o755)
    compile_function(torch.sin)
    assert cache.stat().st_mode & 0o777 == 0o700


def test_code_that_a_group_could_plant_is_refused(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o775)
    (cache / "code.py").write_text("planted")
    with pytest.raises(UnsafeFolderError, match=f"{cache} can be changed by a group(.|\n)*TMPDIR"):
        compile_function(torch.sin)


def test_a_link_in_place_of_the_cache_is_refused(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir()
    cache.symlink_to(tmp_path / "planted")
    with pytest.raises(UnsafeFolderError, match=f"{cache} is a link(.|\n)*TMPDIR"):
        compile_function(torch.sin)
    assert list((tmp_path / "planted").iterdir()) == []
