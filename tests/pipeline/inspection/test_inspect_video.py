"""Inspection of a video: whole and damaged files, times, and the index of the real material as expected values."""

from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video

# From the index of the real material: decoded frames, rotation, upright width x height.
REAL = {
    "asl_learn.mkv": (61, 0, (640, 480)),
    "betajs_movie.flv": (94, 0, (640, 360)),
    "bob_test_h264.mov": (100, 0, (320, 240)),
    "clm_cap13.mp4": (765, 0, (400, 300)),
    "clm_cap13.webm": (752, 0, (400, 300)),
    "derived_grid_brbk7n_mjpeg.avi": (75, 0, (360, 288)),
    "derived_pyfeat_rotmeta_plus90.mp4": (72, 90, (640, 360)),
    "derived_streamio_rotmeta_180.mov": (309, -180, (480, 320)),
    "grid_brbk7n.mpg": (75, 0, (360, 288)),
    "openh264_BA1_FT_C.264": (299, 0, (352, 288)),
    "pyfeat_face_noface.mov": (169, 0, (960, 540)),
    "pyfeat_no_face.mp4": (95, 0, (960, 540)),
    "skv_carphone_pristine.mp4": (120, 0, (193, 144)),
    "streamio_data_streams.mp4": (309, 0, (480, 320)),
}


def _grey(levels: list[int], height: int = 48, width: int = 64) -> list[np.ndarray]:
    return [np.full((height, width, 3), level, np.uint8) for level in levels]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Thirty frames of increasing brightness, at 10 frames per second."""
    write_video(tmp_path / "video.mp4", _grey([8 * t for t in range(30)]), 10.0)
    return tmp_path / "video.mp4"


def test_inspection_of_a_whole_video(video: Path) -> None:
    table, quality = inspect(video, None, 0.0)
    assert table is not None
    assert quality.status == "whole"
    assert (quality.decoded_frames, quality.bad_packets, quality.rotation, quality.times) == (30, 0, 0, "stamps")
    assert (quality.width, quality.height, quality.fps, quality.codec) == (64, 48, 10.0, "h264")
    np.testing.assert_allclose(table.time, np.arange(30) / 10)
    np.testing.assert_allclose(table.brightness, 8.0 * np.arange(30), atol=3)
    assert quality.black == pytest.approx(2 / 30, abs=1e-4)  # 0 and 8 lie below 16
    assert table.key[0]


def test_a_constant_frame_rate_skips_and_repeats_frames(video: Path) -> None:
    slow, _ = inspect(video, 4.0, 0.0)
    assert slow is not None
    assert slow.frame.tolist() == [0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27]
    fast, quality = inspect(video, 20.0, 0.0)
    assert fast is not None
    assert fast.frame.tolist() == [t // 2 for t in range(59)]
    assert quality.fps == 20.0


def _damaged(video: Path, damage: str) -> Path:
    """Write a damaged copy of a video."""
    path = video.with_name(f"{damage}.mp4")
    data = video.read_bytes()
    path.write_bytes({"empty": b"", "text": b"not a video at all", "headless": data[: len(data) // 3]}[damage])
    return path


@pytest.mark.parametrize("damage", ["empty", "text", "headless"])
def test_a_damaged_file_is_broken_with_a_reason(video: Path, damage: str) -> None:
    table, quality = inspect(_damaged(video, damage), None, 0.02)
    assert table is None
    assert quality.status == "broken"
    assert quality.reason


def test_a_file_without_a_video_stream_is_broken(tmp_path: Path) -> None:
    with av.open(tmp_path / "sound.wav", "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    _, quality = inspect(tmp_path / "sound.wav", None, 0.02)
    assert quality.status == "broken"
    assert "no video stream; found: audio" in quality.reason


def test_bad_packets_cost_only_their_own_frames(tmp_path: Path) -> None:
    """In Motion JPEG frames are independent: two frames overwritten with zeros are two bad packets."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 48, 64, 3), dtype=np.uint8)
    path = tmp_path / "video.avi"
    with av.open(path, "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for picture in noise:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    data = bytearray(path.read_bytes())
    starts = [offset for offset in range(len(data) - 3) if data[offset : offset + 3] == b"\xff\xd8\xff"]
    assert len(starts) == 20
    for number in (4, 11):
        size = starts[number + 1] - starts[number] - 16  # the whole frame without the header of the next
        data[starts[number] : starts[number] + size] = bytes(size)
    path.write_bytes(data)
    _, strict = inspect(path, None, 0.05)
    assert strict.status == "broken"
    assert "2 packets cannot be decoded" in strict.reason
    table, lenient = inspect(path, None, 0.2)
    assert table is not None
    assert (lenient.decoded_frames, lenient.bad_packets) == (18, 2)
    assert len(list(read_frames(path, table.frame.tolist()))) == 18


@pytest.mark.parametrize("name", REAL)
def test_real_videos_agree_with_their_index(real_data: Path, name: str) -> None:
    frames, rotation, size = REAL[name]
    table, quality = inspect(real_data / "videos" / name, None, 0.0)
    assert table is not None
    assert len(table) == quality.decoded_frames == frames
    assert quality.rotation == rotation
    assert (quality.width, quality.height) == size
    assert quality.times == ("assumed" if name.endswith(".264") else "stamps")


def test_variable_frame_rates_and_wrong_headers_are_detected(real_data: Path) -> None:
    qualities = {
        name: inspect(real_data / "videos" / name, None, 0.0)[1] for name in ("clm_cap13.webm", "pyfeat_no_face.mp4")
    }
    assert qualities["clm_cap13.webm"].longest_step == pytest.approx(0.120)
    assert qualities["pyfeat_no_face.mp4"].header_frames == 98
