"""Tests of the frame arithmetic of clips."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.clips.clip_frames import allowed_starts, covering_clips, covering_clips_of_runs, wrapped_spans


@pytest.mark.parametrize(
    ("start", "length", "frames", "expected"),
    [
        (0, 4, 8, [(0, 4)]),
        (4, 4, 8, [(4, 8)]),
        (6, 4, 8, [(6, 8), (0, 2)]),
        (7, 8, 8, [(7, 8), (0, 7)]),
        (1, 8, 3, [(1, 3), (0, 3), (0, 3)]),
        (0, 3, 1, [(0, 1), (0, 1), (0, 1)]),
    ],
)
def test_clips_wrap_around_at_the_end(start: int, length: int, frames: int, expected: list[tuple[int, int]]) -> None:
    assert wrapped_spans(start, length, frames) == expected


@pytest.mark.parametrize(("start", "frames"), [(8, 8), (-1, 8), (0, 0)])
def test_a_start_outside_the_video_is_refused(start: int, frames: int) -> None:
    with pytest.raises(ValueError, match=f"from frame {start} of {frames}"):
        wrapped_spans(start, 4, frames)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 40), st.data())
def test_a_clip_is_consecutive_frames_modulo_the_video(frames: int, length: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, frames - 1))
    frame_numbers = [frame for first, stop in wrapped_spans(start, length, frames) for frame in range(first, stop)]
    assert frame_numbers == [(start + number) % frames for number in range(length)]


@pytest.mark.parametrize(
    ("frames", "length", "expected"),
    [
        (8, 4, [(0, 4), (4, 4)]),
        (9, 4, [(0, 4), (4, 4), (5, 1)]),
        (10, 4, [(0, 4), (4, 4), (6, 2)]),
        (4, 4, [(0, 4)]),
        (5, 4, [(0, 4), (1, 1)]),
        (3, 4, [(0, 3)]),
        (0, 4, []),
    ],
)
def test_covering_clips(frames: int, length: int, expected: list[tuple[int, int]]) -> None:
    assert covering_clips(frames, length) == expected


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(1, 40))
def test_clips_cover_every_frame_and_weights_count_newly_covered_frames(frames: int, length: int) -> None:
    covered: set[int] = set()
    for start, weight in covering_clips(frames, length):
        clip = set(range(start, min(start + length, frames)))
        assert len(clip - covered) == weight
        covered |= clip
    assert covered == set(range(frames))


@pytest.mark.parametrize(
    ("usable", "length", "expected"),
    [
        ("1111111111", 4, [(0, 4), (4, 4), (6, 2)]),
        ("1111100111", 4, [(0, 4), (1, 1)]),
        ("0111101111", 4, [(1, 4), (6, 4)]),
        ("111", 4, [(0, 3)]),
        ("101", 4, []),
        ("000000", 4, []),
        ("", 4, []),
    ],
)
def test_covering_clips_of_runs(usable: str, length: int, expected: list[tuple[int, int]]) -> None:
    assert covering_clips_of_runs(np.array(list(usable)) == "1", length) == expected


@pytest.mark.parametrize(
    ("usable", "length", "breaks", "expected"),
    [
        ("1111111111", 4, [5], [(0, 4), (1, 1), (5, 4), (6, 1)]),
        ("1111111111", 4, [3], [(3, 4), (6, 3)]),  # the stretch before the break is shorter than a clip
        ("1111111111", 4, [3, 6], [(6, 4)]),
        ("1111111111", 1, [3], [(number, 1) for number in range(10)]),  # single frames run over nothing
        ("111", 4, [1], []),  # not looped
        ("1111011111", 4, [2], [(5, 4), (6, 1)]),
        ("0111101111", 4, [5], [(1, 4), (6, 4)]),  # a break at a frame that is not usable
    ],
)
def test_covering_clips_do_not_run_over_breaks(
    usable: str, length: int, breaks: list[int], expected: list[tuple[int, int]]
) -> None:
    assert covering_clips_of_runs(np.array(list(usable)) == "1", length, breaks) == expected


@pytest.mark.parametrize(
    ("usable", "length", "breaks", "expected"),
    [
        ("1111111", 3, [4], [0, 1, 4]),
        ("1111111", 3, [2, 4], [4]),
        ("1110111", 3, [5], [0]),
        ("1111111", 1, [4], [0, 1, 2, 3, 4, 5, 6]),
        ("111", 4, [1], []),  # not looped
    ],
)
def test_starts_before_breaks_are_not_allowed(usable: str, length: int, breaks: list[int], expected: list[int]) -> None:
    assert allowed_starts(np.array(list(usable)) == "1", length, breaks).tolist() == expected


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=60), st.integers(1, 12), st.data())
def test_no_clip_runs_over_a_break_and_weights_add_up(usable: list[bool], length: int, data: st.DataObject) -> None:
    frames = len(usable)
    breaks = sorted(data.draw(st.sets(st.integers(1, frames - 1), min_size=1)))
    stretches = np.cumsum(np.isin(np.arange(frames), breaks))  # number of the stretch of each frame
    allowed = [
        start
        for start in range(frames - length + 1)
        if all(usable[start : start + length]) and stretches[start] == stretches[start + length - 1]
    ]
    assert allowed_starts(np.array(usable, bool), length, breaks).tolist() == allowed
    covered: set[int] = set()
    for start, weight in covering_clips_of_runs(np.array(usable, bool), length, breaks):
        assert start in allowed
        clip = set(range(start, start + length))
        assert len(clip - covered) == weight
        covered |= clip
    assert covered == {frame for start in allowed for frame in range(start, start + length)}


@pytest.mark.parametrize(
    ("usable", "length", "expected"),
    [
        ("11111", 3, [0, 1, 2, 3, 4]),
        ("110111", 3, [3, 4, 5]),
        ("011111", 3, [1, 2, 3]),
        ("111110", 3, [0, 1, 2]),
        ("111", 8, [0, 1, 2]),
        ("101", 8, []),
        ("", 3, []),
    ],
)
def test_allowed_starts(usable: str, length: int, expected: list[int]) -> None:
    assert allowed_starts(np.array(list(usable)) == "1", length).tolist() == expected


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.integers(1, 50))
def test_a_start_is_allowed_if_the_clip_contains_usable_frames_only(usable: list[bool], length: int) -> None:
    def clip(start: int) -> list[bool]:
        return [usable[(start + number) % len(usable)] for number in range(length)]

    expected = [start for start in range(len(usable)) if all(clip(start))]
    assert allowed_starts(np.array(usable, bool), length).tolist() == expected
