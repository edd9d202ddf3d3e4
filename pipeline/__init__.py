"""The library. Importing it sets how threads wait for each other, before PyTorch is loaded.

By default a thread of OpenMP that waits for the others keeps its processor for a while and counts. On a processor that
other programs use as well, that time is lost to all of them: a training beside three other jobs fell to a twentieth of
its quiet speed. Counting to 3,000 is enough for the short waits of a quiet machine, and costs others next to nothing
(`benchmarks/contention.py`). A value that the user has set stays.
"""

import os

if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # of libgomp, which the PyTorch wheels for Linux bring
