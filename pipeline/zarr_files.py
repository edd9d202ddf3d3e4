"""The files of a Zarr v3 array on disk: its metadata, its shards, and the check that none of its chunks is lost.

Zarr reads a lost chunk as zeros: black faces that are marked as present. So every shard is checked before it is read.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.runtime.damage import damaged

NO_CHUNK = np.iinfo(np.uint64).max  # offset and length of a chunk that a shard does not hold


@dataclass(frozen=True)
class ArrayFiles:
    """The layout of one array in its files.

    Attributes:
        folder: of the array.
        shape: of the array; rows are its first axis.
        dtype: of its values.
        shard: rows of a shard, which is one file.
        chunk: rows of an inner chunk; those of a shard if shards have no inner chunks.
        is_sharded: whether shards have inner chunks, and an index of them.
        is_raw: whether a shard file holds its raw rows, in order, before the index.
    """

    folder: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    shard: int
    chunk: int
    is_sharded: bool
    is_raw: bool

    @classmethod
    def read(cls, folder: Path) -> "ArrayFiles":
        """Read the metadata of the array in `folder`.

        Raises:
            DamagedError: if they are missing or damaged; the message names the file.
        """
        metadata = read_metadata(folder, "array")
        try:
            shard = int(metadata["chunk_grid"]["configuration"]["chunk_shape"][0])
            codec = metadata["codecs"][0]
            is_sharded = codec["name"] == "sharding_indexed"
            inner = codec["configuration"] if is_sharded else {}
            chunk = int(inner["chunk_shape"][0]) if is_sharded else shard
            is_raw = [part["name"] for part in inner.get("codecs", [])] == ["bytes"]
            if inner.get("index_location", "end") != "end":
                raise ValueError("the index of a shard is not at its end")
            dtype = np.dtype(metadata["data_type"])
            return cls(folder, tuple(metadata["shape"]), dtype, shard, chunk, is_sharded, is_raw)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise damaged(folder / "zarr.json", f"damaged ({error!r})") from None

    def shards(self, start: int, stop: int) -> range:
        """Return the numbers of the shards that hold rows `start` to `stop`."""
        return range(start // self.shard, -(-stop // self.shard) if stop > start else start // self.shard)

    def path(self, number: int) -> Path:
        """Return the file of shard `number`."""
        return self.folder.joinpath("c", str(number), *["0"] * (len(self.shape) - 1))

    def stored_rows(self, number: int) -> int:
        """Return the rows of whole chunks in shard `number`; the last chunk of an array may have rows to spare."""
        rows = min(self.shard, self.shape[0] - number * self.shard)
        return -(-rows // self.chunk) * self.chunk

    def check(self, number: int) -> Path:
        """Return the file of shard `number`, after checking that it holds all its chunks.

        Its index at the end has (offset, length) as two 64-bit numbers for each inner chunk, and a 4-byte checksum.

        Raises:
            DamagedError: if the file is missing or damaged; the message names it.
        """
        path = self.path(number)
        if not path.is_file():
            raise damaged(path, "missing, so the array is incomplete")
        if not self.is_sharded:
            return path
        size, index_bytes = path.stat().st_size, 16 * (self.shard // self.chunk) + 4
        stored = self.stored_rows(number) // self.chunk
        index = np.fromfile(path, "<u8", 2 * stored, offset=max(size - index_bytes, 0)).reshape(-1, 2)
        if len(index) < stored or not self._is_complete(index, size - index_bytes):
            raise damaged(path, f"damaged: its {size} bytes do not hold all of {stored} chunks")
        return path

    def _is_complete(self, index: np.ndarray, data_bytes: int) -> bool:
        """Whether the chunks of an index lie in the data of its shard; raw ones in order and without gaps."""
        offsets, lengths = index.T
        if self.is_raw:
            chunk_bytes = self.chunk * self.dtype.itemsize * int(np.prod(self.shape[1:]))
            ordered = np.arange(len(index), dtype="<u8") * chunk_bytes
            return (
                data_bytes == len(index) * chunk_bytes
                and np.array_equal(offsets, ordered)
                and bool(np.all(lengths == chunk_bytes))
            )
        return bool(np.all(offsets != NO_CHUNK) and np.all(offsets + lengths <= data_bytes))


def read_metadata(folder: Path, kind: str) -> dict[str, Any]:
    """Read the file zarr.json of an array or a group.

    Args:
        folder: of the array or the group.
        kind: `array` or `group`, which it must be.

    Raises:
        DamagedError: if the file is missing or damaged; the message names it.
    """
    path = folder / "zarr.json"
    try:
        metadata = json.loads(path.read_bytes())
        if (
            metadata["zarr_format"] == 3
            and metadata["node_type"] == kind
            and (kind == "array" or metadata["attributes"])
        ):
            return dict(metadata)
        problem = f"no {kind} of Zarr 3"
    except FileNotFoundError:
        raise damaged(path, "missing") from None
    except (ValueError, KeyError, TypeError) as error:  # no UTF-8, no JSON, or other keys
        problem = repr(error)
    raise damaged(path, f"damaged ({problem})")
