"""Names in messages: nothing in them acts on a terminal, hides, or turns the text around."""

import os

import pytest

from pipeline.runtime.visible import visible, visible_lines


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("My story [dQw4w9WgXcQ].mkv", "My story [dQw4w9WgXcQ].mkv"),
        ("日本語 Zoë $1.mkv", "日本語 Zoë $1.mkv"),
        ("at 3.04\u202fPM.mov", "at 3.04\u202fPM.mov"),  # the narrow blank of screen recordings
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.mp4",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.mp4",
        ),  # Persian
        ("new\nline\ttab", r"new\nline\ttab"),
        ("\x1b]0;title\x07\x9b31m", r"\x1b]0;title\x07\x9b31m"),
        ("a\u202egpj.mkv\u2066", r"a\u202egpj.mkv\u2066"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("line\u2028end", r"line\u2028end"),
        (os.fsdecode(b"latin\xe9.mkv"), r"latin\udce9.mkv"),
    ],
)
def test_a_name_is_shown_on_one_line(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_a_message_keeps_its_lines() -> None:
    assert visible_lines("2 problems\n  a\x1b[2J\n\tb") == "2 problems\n  a\\x1b[2J\n\tb"
