"""How long the threads of this process run, and how long they wait for a processor that another program holds.

Linux counts both for every thread (/proc/PID/task/*/schedstat, proc(5)). Other systems do not, and nothing is measured.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

THREADS = Path("/proc/self/task")


@dataclass(frozen=True)
class ProcessorTime:
    """What all threads of this process have used since they began.

    Attributes:
        running: seconds on a processor.
        waiting: seconds in which a thread could run but had no processor.
    """

    running: float = 0.0
    waiting: float = 0.0

    def waiting_share_since(self, earlier: "ProcessorTime") -> float:
        """Return the share of the processor time asked for since an earlier reading that was spent waiting, 0 to 1.

        Examples:
            >>> ProcessorTime(5.0, 4.0).waiting_share_since(ProcessorTime(2.0, 3.0))
            0.25
        """
        running, waiting = max(self.running - earlier.running, 0.0), max(self.waiting - earlier.waiting, 0.0)
        return waiting / (running + waiting) if running + waiting else 0.0


def read_processor_time(threads: Path = THREADS) -> ProcessorTime:
    """Read the times of all threads; 0 where the system does not count them."""
    running = waiting = 0
    for path in threads.glob("*/schedstat"):
        with suppress(OSError, ValueError):  # a thread that has just ended, or a kernel without these counts
            ran, waited, _ = map(int, path.read_text().split())
            running, waiting = running + ran, waiting + waited
    return ProcessorTime(running / 1e9, waiting / 1e9)
