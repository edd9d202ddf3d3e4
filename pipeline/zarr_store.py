"""Arrays on disk: Zarr v3 groups with sharding, written once, read through Zarr or memory-mapped.

The arrays of a group have one row per frame (or image) along their first axis. Shards of 1,024 rows keep the number of
files small for DVC; an inner chunk of 16 rows is a clip. There are two layouts: ARCHIVE is compressed; MAPPED is not,
and stores empty chunks too, so that the payload of a shard file *is* the raw array and can be memory-mapped (at least
20 times faster than decoding chunks). Equal content gives equal bytes: attributes hold no times, names or versions.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from pipeline.runtime.damage import damaged
from pipeline.zarr_files import ArrayFiles, read_metadata

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
    folder that is renamed when complete (`pipeline.artifacts.artifact_store`).

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
        self.clear()
        return self

    def clear(self) -> None:
        """Remove all rows that were written, to begin anew."""
        self._group = zarr.open_group(self.folder, mode="w", zarr_format=3)
        self._arrays.clear()
        self._pending.clear()

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
    """Return the attributes of a group.

    Raises:
        DamagedError: if the group is missing or damaged; the message names its file.
    """
    if attributes := read_metadata(folder, "group").get("attributes"):
        return dict(attributes)
    raise damaged(folder / "zarr.json", "damaged (no attributes)")


def read_array(folder: Path, name: str, start: int | None = None, stop: int | None = None) -> np.ndarray:
    """Return rows `start` to `stop` of the array `name`, decoded by Zarr.

    Raises:
        DamagedError: if a file of these rows is missing or damaged; the message names it.
    """
    files = ArrayFiles.read(folder / name)
    first, last, _ = slice(start, stop).indices(files.shape[0])
    return _decode(files, _open(files), first, last)


def map_array(folder: Path, name: str) -> "MappedArray":
    """Return the array `name` of a group, memory-mapped if its layout allows."""
    return MappedArray(folder / name)


class MappedArray:
    """One array, memory-mapped from its shard files if they hold raw rows, else decoded by Zarr.

    `array[start:stop]` returns rows (a view if they are in one shard), `array[number]` one row. A shard is mapped when
    it is first read, so opening an array only reads one small JSON file. Reading raises a DamagedError that names the
    file if one is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        """Open the array in `folder`."""
        self._files = ArrayFiles.read(folder)
        self.shape, self.dtype = self._files.shape, self._files.dtype
        self._shards: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: slice | int) -> np.ndarray:
        """Return the rows of a slice with step 1, or one row."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step != 1:
                raise ValueError(f"{self._files.folder}: a slice with step {step}; allowed: 1")
            return self._rows(start, stop)
        number = range(self.shape[0])[rows]
        if not self._files.is_raw:
            return self._rows(number, number + 1)[0]
        shard, row = divmod(number, self._files.shard)
        mapped = self._shards.get(shard)
        return (self._map_shard(shard) if mapped is None else mapped)[row]

    def _rows(self, start: int, stop: int) -> np.ndarray:
        if not self._files.is_raw:
            return _decode(self._files, self._zarr_array, start, stop)
        parts = []
        for number in self._files.shards(start, stop):
            offset = number * self._files.shard
            parts.append(self._map_shard(number)[max(start - offset, 0) : stop - offset])
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.empty((0, *self.shape[1:]), self.dtype)

    @cached_property
    def _zarr_array(self) -> zarr.Array:
        return _open(self._files)

    def _map_shard(self, number: int) -> np.ndarray:
        """Return the rows of shard `number`, after checking its file."""
        if number not in self._shards:
            path, files = self._files.check(number), self._files
            shard = np.memmap(path, self.dtype, "r", shape=(files.stored_rows(number), *self.shape[1:]))
            rows = min(files.shard, len(self) - number * files.shard)
            self._shards[number] = np.asarray(shard[:rows])  # slicing an np.memmap takes several times as long
        return self._shards[number]


def _open(files: ArrayFiles) -> zarr.Array:
    return zarr.open_array(files.folder, mode="r")


def _decode(files: ArrayFiles, array: zarr.Array, start: int, stop: int) -> np.ndarray:
    """Return rows decoded by Zarr, after checking the file of each shard.

    Raises:
        DamagedError: if a file is missing or damaged; the message names it.
    """
    rows = np.empty((max(stop - start, 0), *files.shape[1:]), files.dtype)
    for number in files.shards(start, stop):
        path = files.check(number)
        first, last = max(start, number * files.shard), min(stop, (number + 1) * files.shard)
        try:
            rows[first - start : last - start] = array[first:last]
        except (ValueError, RuntimeError) as error:  # a wrong checksum of the index, or bytes that Blosc cannot decode
            raise damaged(path, f"damaged ({error})") from None
    return rows
