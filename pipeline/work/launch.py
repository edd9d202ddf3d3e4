"""Launchers: programs that start a stage in many processes, as torchrun and SLURM's srun do."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "MSN_LAUNCH"


def launched() -> bool:
    """Whether torchrun, or srun with more than one task, started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ or int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1


def is_first() -> bool:
    """Whether this process is the one that writes and talks, of those that a launcher started."""
    return not launched() or os.environ.get("RANK", os.environ.get("SLURM_PROCID")) == "0"


def through_launcher(module: str, arguments: Sequence[str]) -> None:
    """Become the launcher that MSN_LAUNCH names, which runs `module` in many processes; else do nothing.

    Nothing is done in processes that a launcher has started already.

    Raises:
        ValueError: where there is no such program.
    """
    words = shlex.split(os.environ.get(VARIABLE, ""))
    if launched() or not words:
        return
    beside = str(Path(sys.executable).parent)
    program = shutil.which(words[0], path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))
    if program is None:
        raise ValueError(
            f"{VARIABLE} is {os.environ[VARIABLE]!r}, but there is no program {words[0]!r}; allowed: a command that "
            "starts what follows it in many processes, such as 'torchrun --standalone --nproc-per-node 8' or 'srun'"
        )
    if Path(program).name == "torchrun":
        words.append("--no-python")  # what follows is a whole command
    os.execv(program, [*words, sys.executable, "-m", module, *arguments])
