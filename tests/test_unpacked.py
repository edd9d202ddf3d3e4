"""The search of files finds a word wherever it is packed."""

import base64
import gzip
import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.unpacked import unpacked

WORD = b"word-to-be-found"


def _zip(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def _png(method: str, compressed: bool) -> bytes:
    texts, stream = PngInfo(), io.BytesIO()
    getattr(texts, method)("Comment", WORD.decode(), zip=compressed)
    Image.new("L", (2, 2)).save(stream, "PNG", pnginfo=texts)
    return stream.getvalue()


def _arrays() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, names=np.array([WORD]))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"a " + WORD,
        _zip("a", WORD),
        _zip(WORD.decode(), b"a"),
        _zip("a", _zip("b", WORD)),
        _arrays(),
        gzip.compress(WORD, mtime=0),
        _png("add_text", False),
        _png("add_text", True),
        _png("add_itxt", True),
        b'<img src="data:image/png;base64,' + base64.b64encode(_png("add_text", True)) + b'">',
    ],
)
def test_a_packed_word_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert any(WORD in part for part in unpacked(tmp_path / "file"))


def test_a_name_is_searched_and_other_content_holds_no_word(tmp_path: Path) -> None:
    (tmp_path / WORD.decode()).write_bytes(b"")
    (tmp_path / "other").write_bytes(_zip("a", zlib.compress(b"another")))
    assert any(WORD in part for part in unpacked(tmp_path / WORD.decode()))
    assert not any(WORD in part for part in unpacked(tmp_path / "other"))
