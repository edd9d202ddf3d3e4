"""Logging of the stages and commands."""

import logging
import sys

from rich.console import Console
from rich.logging import RichHandler


def start_logging() -> None:
    """Log to stderr: in colours on a terminal, else one line per message, for files and `grep`."""
    if sys.stderr.isatty():
        handler = RichHandler(console=Console(stderr=True), show_path=False)
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    else:
        line = "%(asctime)s %(levelname)s %(message)s"
        logging.basicConfig(level=logging.INFO, format=line, datefmt="%d %b %H:%M:%S")
