"""Bad input of every kind in one corpus: each is reported with its reason, and good recordings are processed."""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.corpora.listing import CorpusError
from pipeline.params.check import check_params
from pipeline.params.whole import Params
from pipeline.records.quality import read_quality
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.output_checksums import item_folders
from pipeline.video.writing import write_video
from pipeline.zarr_store import read_array
from stages import align, decode, detection, ingest

FRAMES = 9
GOOD = {  # video_id to path: unusual names
    "plain": "plain.mp4",
    "with spaces": "two  words .mp4",
    'it\'s "quoted"': 'it\'s "quoted", and listed.mp4',
    "Zoë 日本": "Zoë 日本.mp4",
    "elsewhere": "inner/../../elsewhere/film.mp4",
    "-rf *": "-rf $(HOME) *.mp4",
}
BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {  # how to damage a good video; the reason reported
    "empty": (lambda film: b"", "the file is empty"),
    "text": (lambda film: b"I am no video.\n" * 99, "not readable as a video, or cut short"),
    "truncated": (lambda film: film[: len(film) // 3], "not readable as a video, or cut short"),
    "zeros": (lambda film: bytes(len(film)), "not readable as a video, or cut short"),
    "flipped": (lambda film: bytes(byte ^ 1 for byte in film), "not readable as a video, or cut short"),
    "sound": (lambda film: _sound(), "no video stream; found: audio"),
    "huge": (
        lambda film: _raw(10_000, 4_000),
        "pictures of 10000 x 4000 pixels; allowed: sides from 8, and up to 36",
    ),
    "thin": (lambda film: _raw(640, 2), "pictures of 640 x 2 pixels"),
    "pictureless": (lambda film: _raw(64, 48), "no frame can be decoded"),
}


def _raw(width: int, height: int) -> bytes:
    """Return a raw video whose only frame is truncated."""
    return f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C420jpeg\nFRAME\n".encode() + bytes(100)


def _sound() -> bytes:
    """Return a WAV file of silence, by the definition of the format."""
    header = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data"
    body = header + (1600).to_bytes(4, "little") + bytes(1600)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _write_list(root: Path, rows: dict[str, str]) -> None:
    """Write videos.csv with these ids and paths."""
    lines = ["video_id,path,subject,partition,score"]
    for name, path in rows.items():
        cells = ['"' + cell.replace('"', '""') + '"' for cell in (name, path, f"who {name}", "training", "7")]
        lines.append(",".join(cells))
    (root / "videos.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of good and broken recordings, listed in videos.csv."""
    root = tmp_path / "my corpus"
    (root / "inner").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for number, path in enumerate(GOOD.values()):
        write_video(root / path, [np.full((96, 128, 3), 60 + 10 * number, np.uint8)] * FRAMES, 5.0)
    film = (root / "plain.mp4").read_bytes()
    for name, (damage, _) in BROKEN.items():
        (root / f"{name}.mp4").write_bytes(damage(film))
    _write_list(root, GOOD | {name: f"{name}.mp4" for name in BROKEN})
    return root


@pytest.fixture
def params(smallest: dict[str, Any]) -> Callable[[str], Params]:
    """A function that returns the smallest parameters for a videos.csv, with this decode.on_error."""

    def params(on_error: str) -> Params:
        corpus = smallest["corpus"] | {"layout": "videos"}
        return check_params({**smallest, "corpus": corpus, "decode": smallest["decode"] | {"on_error": on_error}})

    return params


def _ingest(params: Params, root: Path, folder: Path) -> Path:
    tables = ("recordings.csv", "partitions.csv", "characteristics.csv", "origin.json")
    names = (*tables, "labels_fitting.csv", "labels_testing.csv")
    corpus = params.corpus.model_copy(update={"root": str(root), "labels_root": str(root)})
    ingest.main(params.model_copy(update={"corpus": corpus}), *(folder / name for name in names))
    return folder / "recordings.csv"


def _finished(kind: str) -> dict[str, int]:
    """Return the finished items with their modification times."""
    return {path.name: path.stat().st_mtime_ns for path in ArtifactStore(kind).folder.glob("items/*")}


def test_broken_recordings_are_reported_and_good_ones_are_finished(
    tmp_path: Path, root: Path, params: Callable[[str], Params], caplog: pytest.LogCaptureFixture
) -> None:
    recordings = _ingest(params("stop"), root, tmp_path)
    decoded, aligned = tmp_path / "decoded", tmp_path / "aligned"
    with pytest.raises(ItemsFailedError) as stopped:
        decode.main(params("stop"), recordings, decoded)
    message = str(stopped.value)
    assert f"{len(BROKEN)} of {len(GOOD) + len(BROKEN)} recordings are broken" in message
    for name, (_, reason) in BROKEN.items():
        assert f"  {name} ({root / name}.mp4): {reason}" in message
    assert not [name for name in GOOD if f"  {name} (" in message]
    assert not decoded.exists()
    finished = _finished("decode")
    assert len(finished) == len(GOOD) + len(BROKEN)

    with caplog.at_level(logging.WARNING):
        decode.main(params("skip"), recordings, decoded)
        align.main(params("skip"), recordings, decoded, aligned)
        outputs = decoded, aligned, tmp_path / "report", tmp_path / "metrics.json"
        detection.main(params("skip"), recordings, tmp_path / "partitions.csv", *outputs)
    assert _finished("decode") == finished  # nothing was read again
    assert all(f"  {name} ({root / name}.mp4): {reason}" in caplog.text for name, (_, reason) in BROKEN.items())
    assert {path.name for path in item_folders(aligned)} == set(GOOD)
    for name in GOOD:
        assert read_quality(decoded / name).decoded_frames == len(read_array(aligned / name, "faces")) == FRAMES
    assert {name: read_quality(decoded / name).status for name in BROKEN} == dict.fromkeys(BROKEN, "broken")
    assert json.loads((tmp_path / "metrics.json").read_text())["broken"] == len(BROKEN)
    assert [path for path in tmp_path.rglob("*.partial")] == []


def test_ingest_reports_all_missing_files_and_wrong_ids_at_once(
    tmp_path: Path, root: Path, params: Callable[[str], Params]
) -> None:
    (root / "folder.mp4").mkdir()
    bad = {
        "missing": ("nowhere.mp4", "no such file"),
        "a folder": ("folder.mp4", "a folder, not a file"),
        "no path": ("", "a folder, not a file"),
        "long path": ("x" * 300, "no such file"),
        "..": ("plain.mp4", "video_id '..'"),
        "a/b": ("plain.mp4", "video_id 'a/b'"),
        "y" * 201: ("plain.mp4", "allowed: the name of a folder: printable, up to 200 bytes"),
        "two\nlines": ("plain.mp4", r"video_id 'two\nlines'"),  # the last, because rows are named by their first line
    }
    _write_list(root, {"good": "plain.mp4"} | {name: path for name, (path, _) in bad.items()})
    with pytest.raises(CorpusError) as stopped:
        _ingest(params("skip"), root, tmp_path)  # skip is for broken videos, not for a list that is wrong
    lines = str(stopped.value).splitlines()
    assert f"{len(bad)} problems" in lines[0]
    for row, (_, message) in enumerate(bad.values(), start=3):
        assert [line for line in lines[1:] if f"videos.csv: row {row}: " in line and message in line], message
    assert not (tmp_path / "recordings.csv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file, whatever its permissions")
def test_ingest_reports_files_without_read_permission(
    tmp_path: Path, root: Path, params: Callable[[str], Params]
) -> None:
    (root / "plain.mp4").chmod(0)
    with pytest.raises(CorpusError, match=r"row 2: no permission to read: .*plain\.mp4"):
        _ingest(params("stop"), root, tmp_path)


def test_a_file_that_is_missing_at_decode_does_not_make_its_recording_broken(
    tmp_path: Path, root: Path, params: Callable[[str], Params]
) -> None:
    _write_list(root, GOOD)
    recordings = _ingest(params("skip"), root, tmp_path)
    (root / "plain.mp4").rename(root / "away.mp4")
    with pytest.raises(ItemsFailedError, match=r"1 of 6 failed(.|\n)*  plain: .*No such file.*plain\.mp4"):
        decode.main(params("skip"), recordings, tmp_path / "decoded")
    assert len(_finished("decode")) == len(GOOD) - 1
    (root / "away.mp4").rename(root / "plain.mp4")
    decode.main(params("skip"), recordings, tmp_path / "decoded")
    assert read_quality(tmp_path / "decoded/plain").status == "whole"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"video_id,path,subject,partition,score\nM\xfcller,a.mp4,x,test,1\n",
            "not UTF-8 .* at byte 39.*; save it as UTF-8",
        ),
        (b'video_id,path,subject,partition,score\n"a,a.mp4,x,test,1\n', "no CSV: unexpected end of data"),
        (b"", "no column video_id, path, subject, partition, score; found: an empty file"),
    ],
)
def test_the_error_for_an_unreadable_list_gives_the_reason(
    tmp_path: Path, params: Callable[[str], Params], content: bytes, message: str
) -> None:
    (tmp_path / "videos.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=rf"videos\.csv: {message}"):
        _ingest(params("stop"), tmp_path, tmp_path)


def test_a_list_may_start_with_a_byte_order_mark(tmp_path: Path, params: Callable[[str], Params]) -> None:
    write_video(tmp_path / "a.mp4", [np.full((96, 128, 3), 60, np.uint8)], 5.0)
    (tmp_path / "videos.csv").write_bytes(
        b"\xef\xbb\xbfvideo_id,path,subject,partition,score\r\na,a.mp4,x,training,1\r\n"
    )
    assert "\na," in _ingest(params("stop"), tmp_path, tmp_path).read_text()
