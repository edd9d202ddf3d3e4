"""Arrays on disk: Zarr v3 groups with sharding, written once, read through Zarr or memory-mapped.

The arrays of a group have one row per frame (or image) along their first axis. Shards of 1,024 rows keep the number of
files small for DVC; an inner chunk of 16 rows is a clip. There are two layouts: ARCHIVE is compressed; MAPPED is not,
and stores empty chunks too, so that the payload of a shard file *is* the raw array and can be memory-mapped (at least
20 times faster than decoding chunks). Equal content gives equal bytes: attributes hold no times, names or versions.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec

CHUNK = 16  # rows
SHARD = 1024  # rows; of 112 x 112 RGB faces: 38 MB
SMALL_ROW = 4096  # bytes; arrays with smaller rows are stored without shards, in chunks of SHARD rows


@dataclass(frozen=True)
class Layout:
    """The storage layout of arrays: compressed for archiving, or raw for memory-mapping."""

    compressed: bool

    def create(self, group: zarr.Group, name: str, example: np.ndarray) -> zarr.Array:
        """Create an array without rows; rows have the shape and type of those of `example`."""
        row = example.shape[1:]
        small = example.dtype.itemsize * int(np.prod(row)) < SMALL_ROW
        blosc = BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=example.dtype.itemsize)
        return group.create_array(
            name,
            shape=(0, *row),
            dtype=example.dtype,
            chunks=(SHARD if small else CHUNK, *row),
            shards=None if small else (SHARD, *row),
            compressors=[blosc] if self.compressed else None,
            fill_value=np.zeros((), example.dtype)[()],
            config={"write_empty_chunks": True},
        )


ARCHIVE = Layout(compressed=True)
MAPPED = Layout(compressed=False)


@dataclass
class GroupWriter:
    """Writes a group with bounded memory: each shard is written to disk as soon as it is full.

    Use it as a context manager; the group is complete when the block succeeds. The caller makes it in a temporary
    folder that is renamed when complete (`pipeline.artifacts.artifact_store`), because Zarr silently reads missing
    chunks as zeros.

    Attributes:
        folder: of the group.
        layout: of its arrays.
        attributes: of the group, written when the block ends.
    """

    folder: Path
    layout: Layout
    attributes: dict[str, Any] = field(default_factory=dict)
    _arrays: dict[str, zarr.Array] = field(default_factory=dict, init=False)
    _pending: dict[str, list[np.ndarray]] = field(default_factory=dict, init=False)

    def __enter__(self) -> "GroupWriter":
        self._group = zarr.open_group(self.folder, mode="w", zarr_format=3)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            for name in self._arrays:
                self._write(name, np.concatenate(self._pending[name]))
            self._group.attrs.update(self.attributes)

    def append(self, name: str, block: np.ndarray) -> None:
        """Append rows to the array `name`; the first call creates it.

        Raises:
            ValueError: if the rows differ from the earlier ones in shape or type.
        """
        if name not in self._arrays:
            self._arrays[name] = self.layout.create(self._group, name, block)
            self._pending[name] = []
        array = self._arrays[name]
        if block.shape[1:] != array.shape[1:] or block.dtype != array.dtype:
            raise ValueError(
                f"{self.folder}/{name}: rows of {block.shape[1:]} {block.dtype}; "
                f"allowed, after the first: {array.shape[1:]} {array.dtype}"
            )
        pending = self._pending[name]
        pending.append(np.array(block))  # the caller may reuse its buffer
        if sum(len(part) for part in pending) >= SHARD:
            rows = np.concatenate(pending)
            full = len(rows) // SHARD * SHARD
            self._write(name, rows[:full])
            self._pending[name] = [rows[full:]]

    def _write(self, name: str, rows: np.ndarray) -> None:
        array = self._arrays[name]
        start = array.shape[0]
        array.resize((start + len(rows), *array.shape[1:]))
        if len(rows):
            array[start:] = rows


def read_attributes(folder: Path) -> dict[str, Any]:
    """Return the attributes of a group."""
    return dict(zarr.open_group(folder, mode="r").attrs)


def read_array(folder: Path, name: str, start: int | None = None, stop: int | None = None) -> np.ndarray:
    """Return rows `start` to `stop` of the array `name`, decoded by Zarr.

    Raises:
        ValueError: if a file of the array is missing; Zarr alone would read zeros.
    """
    array = zarr.open_group(folder, mode="r")[name]
    assert isinstance(array, zarr.Array)
    shard = (array.shards or array.chunks)[0]
    start, stop, _ = slice(start, stop).indices(array.shape[0])
    for number in range(start // shard, -(-stop // shard) if stop > start else start // shard):
        _require_file(_shard_file(folder / name, number, array.ndim))
    return np.asarray(array[start:stop])


def map_array(folder: Path, name: str) -> "MappedArray":
    """Return the array `name` of a group, memory-mapped if its layout allows."""
    return MappedArray(folder / name)


class MappedArray:
    """One array, memory-mapped from its shard files if they hold raw rows, else read through Zarr.

    `array[start:stop]` returns rows (a view if they are in one shard), `array[number]` one row. A shard is mapped when
    it is first read, so opening an array only reads one small JSON file.
    """

    def __init__(self, folder: Path) -> None:
        """Open the array in `folder`."""
        self.folder = folder
        metadata = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))
        self.shape: tuple[int, ...] = tuple(metadata["shape"])
        self.dtype = np.dtype(metadata["data_type"])
        self._shard = int(metadata["chunk_grid"]["configuration"]["chunk_shape"][0])
        self._chunk, self._raw = _inner_layout(metadata, self._shard)
        self._shards: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: slice | int) -> np.ndarray:
        """Return the rows of a slice with step 1, or one row."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step != 1:
                raise ValueError(f"{self.folder}: a slice with step {step}; allowed: 1")
            return self._rows(start, stop)
        number = range(self.shape[0])[rows]
        if not self._raw:
            return self._rows(number, number + 1)[0]
        shard, row = divmod(number, self._shard)
        mapped = self._shards.get(shard)
        return (self._map_shard(shard) if mapped is None else mapped)[row]

    def _rows(self, start: int, stop: int) -> np.ndarray:
        if not self._raw:
            return np.asarray(self._zarr_array[start:stop])
        parts = []
        for number in range(start // self._shard, -(-stop // self._shard) if stop > start else 0):
            offset = number * self._shard
            parts.append(self._map_shard(number)[max(start - offset, 0) : stop - offset])
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.empty((0, *self.shape[1:]), self.dtype)

    @cached_property
    def _zarr_array(self) -> zarr.Array:
        return zarr.open_array(self.folder, mode="r")

    def _map_shard(self, number: int) -> np.ndarray:
        """Return the rows of shard `number`, after checking that its file holds exactly these rows in order."""
        if number not in self._shards:
            path = _require_file(_shard_file(self.folder, number, len(self.shape)))
            rows = min(self._shard, len(self) - number * self._shard)
            row_bytes = self.dtype.itemsize * int(np.prod(self.shape[1:]))
            stored = -(-rows // self._chunk) * self._chunk
            _check_shard(path, stored // self._chunk, self._shard // self._chunk, self._chunk * row_bytes)
            shard = np.memmap(path, self.dtype, "r", shape=(stored, *self.shape[1:]))
            self._shards[number] = np.asarray(shard[:rows])  # slicing an np.memmap takes several times as long
        return self._shards[number]


def _inner_layout(metadata: dict[str, Any], shard: int) -> tuple[int, bool]:
    """Return (rows of an inner chunk, whether shard files hold raw rows) from an array's metadata."""
    codec = metadata["codecs"][0]
    if codec["name"] != "sharding_indexed":
        return shard, False
    inner = codec["configuration"]
    raw = [part["name"] for part in inner["codecs"]] == ["bytes"] and inner.get("index_location", "end") == "end"
    return int(inner["chunk_shape"][0]), raw


def _check_shard(path: Path, stored: int, chunks: int, chunk_bytes: int) -> None:
    """Check that a shard file holds `stored` raw inner chunks, in order and without gaps, followed by its index.

    The index at the end has (offset, length) as two 64-bit numbers for each of `chunks`, and a 4-byte checksum.

    Raises:
        ValueError: if it does not; the message names the file and its size.
    """
    index_bytes = 16 * chunks + 4
    size = path.stat().st_size
    index = np.fromfile(path, "<u8", 2 * stored, offset=max(size - index_bytes, 0)).reshape(-1, 2)
    expected = np.arange(stored, dtype="<u8") * chunk_bytes
    complete = size == stored * chunk_bytes + index_bytes
    if not complete or not np.array_equal(index[:, 0], expected) or not np.all(index[:, 1] == chunk_bytes):
        raise ValueError(
            f"{path}: {size} bytes do not hold {stored} raw chunks of {chunk_bytes} bytes in order; "
            "the file is damaged or was written without empty chunks: make the array again"
        )


def _shard_file(folder: Path, number: int, axes: int) -> Path:
    return folder.joinpath("c", str(number), *["0"] * (axes - 1))


def _require_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{path}: missing; the array is incomplete: make it again")
    return path
