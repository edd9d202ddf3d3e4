"""Files that nobody means: by their own name, and by those of the folders above them."""

from pathlib import Path

import pytest

from pipeline.hidden_files import is_hidden


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        ("a/b.mp4", False),
        ("a/._b.mp4", True),
        (".Trash/b.mp4", True),
        ("a/@eaDir/b.mp4", True),
        ("__MACOSX/a/b.mp4", True),
        ("$RECYCLE.BIN/b.mp4", True),
        ("a/b.c/d.mp4", False),
        ("@home/b.mp4", False),
    ],
)
@pytest.mark.parametrize("root", ["corpus", ".corpus/@eaDir"])  # the folder that the user names is meant
def test_hidden_files(path: str, hidden: bool, root: str) -> None:
    assert is_hidden(Path(root) / path, Path(root)) is hidden
