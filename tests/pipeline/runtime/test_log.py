"""Log lines: names from users have no effect on the terminal."""

import logging
import subprocess
import sys

from pipeline.runtime.log import VisibleFormatter


def test_names_in_messages_are_visible() -> None:
    record = logging.LogRecord("x", logging.WARNING, "file.py", 1, "2 videos:\n  %s", ("a\x1b[2J\u202e.mkv",), None)
    assert VisibleFormatter("%(levelname)s %(message)s").format(record) == "WARNING 2 videos:\n  a\\x1b[2J\\u202e.mkv"


def test_lines_have_a_time_and_a_level() -> None:
    code = "import logging; from pipeline.runtime.log import start_logging; start_logging(); logging.info('a [b] :c:')"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.endswith(" INFO a [b] :c:\n")
    assert len(result.stderr.split()) == 7  # day, month, time, level, message
