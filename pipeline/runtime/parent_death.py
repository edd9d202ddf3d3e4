"""How long processes live: no longer than what started them, so that a killed run leaves no writer behind."""

import ctypes
import signal
import sys


def end_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it ends (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
