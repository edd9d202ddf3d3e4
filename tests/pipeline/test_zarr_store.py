"""Arrays on disk: both layouts return what was written, mapped or decoded, and damaged files are errors."""

import os
import re
from collections.abc import Callable
from mmap import mmap
from pathlib import Path

import google_crc32c
import numpy as np
import pytest
import zarr

from pipeline.zarr_store import (
    ARCHIVE,
    CHUNK,
    MAPPED,
    SHARD,
    GroupWriter,
    Layout,
    map_array,
    read_array,
    read_attributes,
)


def _faces(rows: int) -> np.ndarray:
    """Random pictures with a black span, which Zarr does not store unless `write_empty_chunks` is set."""
    faces = np.random.default_rng(rows).integers(0, 256, (rows, 40, 40, 3), dtype=np.uint8)
    faces[rows // 4 : rows // 2] = 0
    return faces


def _write(folder: Path, layout: Layout, faces: np.ndarray, block: int) -> None:
    with GroupWriter(folder, layout) as group:
        for start in range(0, len(faces), block):
            group.append("faces", faces[start : start + block])
        group.attributes["fps"] = 7.5


@pytest.mark.parametrize("layout", [ARCHIVE, MAPPED], ids=["archive", "mapped"])
@pytest.mark.parametrize("rows", [1, CHUNK, 3 * CHUNK + 5, SHARD, 2 * SHARD + CHUNK + 1])
def test_mapped_and_decoded_reads_equal_what_was_written(tmp_path: Path, layout: Layout, rows: int) -> None:
    faces = _faces(rows)
    _write(tmp_path / "group", layout, faces, block=37)
    mapped = map_array(tmp_path / "group", "faces")
    assert mapped.shape == faces.shape
    np.testing.assert_array_equal(mapped[:], faces)
    np.testing.assert_array_equal(read_array(tmp_path / "group", "faces"), faces)
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "group" / "faces", mode="r")[:], faces)
    np.testing.assert_array_equal(mapped[rows - 1], faces[-1])
    across = slice(max(0, min(rows, SHARD) - 3), min(rows, SHARD + 3))
    np.testing.assert_array_equal(mapped[across], faces[across])
    np.testing.assert_array_equal(read_array(tmp_path / "group", "faces", across.start, across.stop), faces[across])
    assert read_attributes(tmp_path / "group") == {"fps": 7.5}


def _owner(rows: np.ndarray) -> object:
    """Return the object that owns the memory of an array."""
    owner: object = rows
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    return owner


@pytest.mark.parametrize("rows", [slice(3, 9), 7], ids=["slice", "row"])
def test_raw_shards_are_memory_maps(tmp_path: Path, rows: slice | int) -> None:
    _write(tmp_path / "raw", MAPPED, _faces(40), 40)
    _write(tmp_path / "compressed", ARCHIVE, _faces(40), 40)
    assert isinstance(_owner(map_array(tmp_path / "raw", "faces")[rows]), mmap)
    assert not isinstance(_owner(map_array(tmp_path / "compressed", "faces")[rows]), mmap)


def test_bytes_do_not_depend_on_the_size_of_blocks(tmp_path: Path) -> None:
    faces = _faces(SHARD + 100)
    for name, block in (("one", 1), ("all", len(faces)), ("some", 333)):
        _write(tmp_path / name, ARCHIVE, faces, block)
    files = sorted(path.relative_to(tmp_path / "all") for path in (tmp_path / "all").rglob("*") if path.is_file())
    assert len(files) == 4  # two shards, metadata of the array and of the group
    for name in ("one", "some"):
        assert all((tmp_path / name / path).read_bytes() == (tmp_path / "all" / path).read_bytes() for path in files)


def test_small_rows_and_nan_are_read_as_written(tmp_path: Path) -> None:
    boxes = np.random.default_rng(0).random((50, 4)).astype(np.float32)
    boxes[7] = np.nan
    with GroupWriter(tmp_path / "group", ARCHIVE) as group:
        group.append("boxes", boxes)
    np.testing.assert_array_equal(map_array(tmp_path / "group", "boxes")[:], boxes)


def test_an_array_may_have_no_rows(tmp_path: Path) -> None:
    _write(tmp_path / "group", MAPPED, np.empty((0, 40, 40, 3), np.uint8), 1)
    with GroupWriter(tmp_path / "group", MAPPED) as group:
        group.append("faces", np.empty((0, 40, 40, 3), np.uint8))
    assert map_array(tmp_path / "group", "faces")[:].shape == (0, 40, 40, 3)
    assert read_array(tmp_path / "group", "faces").shape == (0, 40, 40, 3)


SHARD_FILE = "faces/c/0/0/0/0"


def _fill_index(shard: Path) -> None:
    """Remove the second chunk from the index, as if it had never been written; the checksum of the index is right."""
    content = bytearray(shard.read_bytes())
    begin = len(content) - 4 - 16 * (SHARD // CHUNK)
    content[begin + 16 : begin + 32] = b"\xff" * 16
    content[-4:] = google_crc32c.value(bytes(content[begin:-4])).to_bytes(4, "little")
    shard.write_bytes(content)


DAMAGES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "shard lost": (SHARD_FILE, Path.unlink, "missing"),
    "shard cut": (SHARD_FILE, lambda path: os.truncate(path, 5000), "damaged"),
    "shard empty": (SHARD_FILE, lambda path: os.truncate(path, 0), "damaged"),
    "chunk lost": (SHARD_FILE, _fill_index, "damaged"),
    "metadata lost": ("faces/zarr.json", Path.unlink, "missing"),
    "metadata cut": ("faces/zarr.json", lambda path: os.truncate(path, 30), "damaged"),
    "other metadata": ("faces/zarr.json", lambda path: path.write_text("{}"), "damaged"),
}


@pytest.mark.parametrize("layout", [ARCHIVE, MAPPED], ids=["archive", "mapped"])
@pytest.mark.parametrize(("name", "damage", "problem"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_files_are_named_and_never_read_as_zeros(
    tmp_path: Path, layout: Layout, name: str, damage: Callable[[Path], object], problem: str
) -> None:
    folder = tmp_path / "group"
    _write(folder, layout, _faces(4 * CHUNK), 500)
    damage(folder / name)
    readers: list[Callable[[], object]] = [
        lambda: read_array(folder, "faces"),
        lambda: read_array(folder, "faces", 2, 5),
        lambda: map_array(folder, "faces")[:],
        lambda: map_array(folder, "faces")[3],
    ]
    for read in readers:
        with pytest.raises(ValueError, match=rf"{re.escape(str(folder / name))}: {problem}"):
            read()


@pytest.mark.parametrize("layout", [ARCHIVE, MAPPED], ids=["archive", "mapped"])
def test_a_lost_shard_does_not_stop_the_reading_of_others(tmp_path: Path, layout: Layout) -> None:
    faces = _faces(SHARD + 8)
    _write(tmp_path / "group", layout, faces, 500)
    (tmp_path / "group" / "faces" / "c" / "1" / "0" / "0" / "0").unlink()
    np.testing.assert_array_equal(read_array(tmp_path / "group", "faces", 0, SHARD), faces[:SHARD])
    np.testing.assert_array_equal(map_array(tmp_path / "group", "faces")[:SHARD], faces[:SHARD])
    for across in (
        lambda: read_array(tmp_path / "group", "faces"),
        lambda: map_array(tmp_path / "group", "faces")[SHARD - 1 : SHARD + 1],
    ):
        with pytest.raises(ValueError, match=r"c/1/0/0/0: missing, so the array is incomplete; `dvc repro` makes it"):
            across()


@pytest.mark.parametrize("content", [b"", b"\x01" * 60], ids=["empty", "other bytes"])
def test_a_chunk_that_cannot_be_decoded_is_named(tmp_path: Path, content: bytes) -> None:
    with GroupWriter(tmp_path / "group", ARCHIVE) as group:
        group.append("boxes", np.ones((50, 4), np.float32))
    (tmp_path / "group/boxes/c/0/0").write_bytes(content)
    with pytest.raises(ValueError, match=r"group/boxes/c/0/0: damaged"):
        read_array(tmp_path / "group", "boxes")


@pytest.mark.parametrize("content", [None, b"{", b"{}", b"\xff", b"[]"], ids=["lost", "cut", "other", "binary", "list"])
def test_damaged_attributes_are_named(tmp_path: Path, content: bytes | None) -> None:
    _write(tmp_path / "group", ARCHIVE, _faces(4), 4)
    path = tmp_path / "group" / "zarr.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}: {'missing' if content is None else 'damaged'}"):
        read_attributes(tmp_path / "group")


def test_a_shard_without_its_empty_chunks_is_rejected(tmp_path: Path) -> None:
    faces = _faces(4 * CHUNK)
    faces[CHUNK : 2 * CHUNK] = 0
    array = zarr.create_array(
        tmp_path / "array",
        shape=faces.shape,
        dtype="u1",
        chunks=(CHUNK, 40, 40, 3),
        shards=(SHARD, 40, 40, 3),
        compressors=None,
        fill_value=0,
        config={"write_empty_chunks": False},
    )
    array[:] = faces
    with pytest.raises(ValueError, match="do not hold all of 4 chunks"):
        map_array(tmp_path, "array")[:]


def test_rows_of_another_shape_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"rows of \(8, 8, 3\)"), GroupWriter(tmp_path / "group", MAPPED) as group:
        group.append("faces", np.zeros((2, 4, 4, 3), np.uint8))
        group.append("faces", np.zeros((2, 8, 8, 3), np.uint8))


def test_strided_slices_are_rejected(tmp_path: Path) -> None:
    _write(tmp_path / "group", MAPPED, _faces(20), 20)
    with pytest.raises(ValueError, match="step 2"):
        map_array(tmp_path / "group", "faces")[::2]
