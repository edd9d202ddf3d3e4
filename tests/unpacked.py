"""All that a file holds, for a search: its name and bytes, and what archives, pictures and pages in it hold."""

import base64
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

DATA_URL = re.compile(rb"data:[\w/+.-]*;base64,([A-Za-z0-9+/=]+)")
ZIP, GZIP, PNG = b"PK\x03\x04", b"\x1f\x8b\x08", b"\x89PNG\r\n\x1a\n"
DEFLATED = (b"zTXt", b"iTXt", b"iCCP")  # chunks of a PNG file that may hold compressed text


def unpacked(path: Path) -> Iterator[bytes]:
    """Yield the name of a file, its bytes, and everything that is packed in them, at any depth."""
    yield path.name.encode()
    yield from _parts(path.read_bytes())


def _parts(content: bytes) -> Iterator[bytes]:
    yield content
    if content.startswith(ZIP):  # .npz, and the .pt2 of torch.export
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _parts(archive.read(name))
    elif content.startswith(GZIP):
        yield from _parts(gzip.decompress(content))
    elif content.startswith(PNG):
        yield from _compressed_texts(content)
    for match in DATA_URL.finditer(content):
        yield from _parts(base64.b64decode(match[1]))


def _compressed_texts(png: bytes) -> Iterator[bytes]:
    """Yield the compressed texts of a PNG file; texts that are not compressed are in its bytes."""
    start = len(PNG)
    while start + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[start : start + 8])
        data = png[start + 8 : start + 8 + length]
        if kind in DEFLATED and (begin := data.find(b"\x78")) >= 0:
            yield zlib.decompressobj().decompress(data[begin:])
        start += 12 + length
