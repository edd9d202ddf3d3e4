"""One file is opened and no other: playlists, scripts, session descriptions and picture patterns, under any name."""

import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.predicting.estimate import MAX_LOST
from pipeline.video.writing import write_video

HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\n{target}\n#EXT-X-ENDLIST\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" '
    'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>'
)
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
SCRIPTS = {
    "playlist.m3u8": HLS,
    "playlist.mp4": HLS,
    "script.ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "script.mp4": "ffconcat version 1.0\nfile '{target}'\n",
    "manifest.mpd": DASH,
    "manifest.mkv": DASH,
    "session.sdp": SDP,
    "session.avi": SDP,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_names_another_file_is_refused_and_that_file_is_not_read(tmp_path: Path, name: str) -> None:
    """A file that is read gets a newer access time than the one that is set here, a day before its modification."""
    target = tmp_path / "target.mp4"
    write_video(target, [np.full((48, 64, 3), 100, np.uint8)] * 5, 10.0)
    day = 86_400
    changed = int(target.stat().st_mtime)
    for address in ("target.mp4", str(target), f"file://{target}"):
        os.utime(target, (changed - day, changed))
        path = tmp_path / name
        path.write_text(SCRIPTS[name].format(target=address))
        table, quality = inspect(path, None, MAX_LOST)
        assert table is None
        assert quality.status == "broken"
        assert "not a video file" in quality.reason or "not readable as a video" in quality.reason
        assert target.stat().st_atime == changed - day


def test_the_access_time_would_show_a_read(tmp_path: Path) -> None:
    """The test above rests on this; file systems that are mounted without access times skip it."""
    path = tmp_path / "target.mp4"
    write_video(path, [np.full((48, 64, 3), 100, np.uint8)] * 5, 10.0)
    changed = int(path.stat().st_mtime)
    os.utime(path, (changed - 86_400, changed))
    path.read_bytes()
    if path.stat().st_atime == changed - 86_400:
        pytest.skip("this file system keeps no access times")


def test_names_that_look_like_addresses_and_patterns_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(Path("film.mp4"), [np.full((48, 64, 3), 100, np.uint8)] * 5, 10.0)
    content = Path("film.mp4").read_bytes()
    for name in ("concat:film.mp4|film.mp4", "a:smile:b.mkv", "subfile,,start,0,end,9,,:x", "film%03d.mp4", "data:x"):
        Path(name).write_bytes(content)
        assert inspect(Path(name), None, 0.0)[1].decoded_frames == 5


def test_pictures_are_no_videos(tmp_path: Path) -> None:
    """`picture%03d.png` would be read as a pattern, with all files whose names match it."""
    cv2 = pytest.importorskip("cv2")
    for name in ("picture001.png", "picture002.png", "picture%03d.png"):
        cv2.imwrite(str(tmp_path / name), np.full((48, 64, 3), 100, np.uint8))
        _, quality = inspect(tmp_path / name, None, 0.0)
        assert "not a video file: a playlist or script" in quality.reason
