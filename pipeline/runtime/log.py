"""Logging of the stages and commands."""

import logging
import sys

from rich.logging import RichHandler

from pipeline.runtime.console import plain_console
from pipeline.runtime.visible import visible_lines


def start_logging() -> None:
    """Log to stderr: in colours on a terminal, else one line per message, for files and `grep`."""
    if sys.stderr.isatty():
        handler: logging.Handler = RichHandler(console=plain_console(stderr=True), show_path=False)
        handler.setFormatter(VisibleFormatter("%(message)s"))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(VisibleFormatter("%(asctime)s %(levelname)s %(message)s", "%d %b %H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class VisibleFormatter(logging.Formatter):
    """A format of log messages in which names from users have no effect on the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message of a record; see `visible_lines`."""
        return visible_lines(super().format(record))
