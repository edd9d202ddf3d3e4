"""Launchers: programs that start a stage in many processes, such as torchrun and SLURM's srun."""

import logging
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "MSN_LAUNCH"


def is_launched() -> bool:
    """Whether torchrun, or srun with more than one task, started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ or int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1


def is_first_process() -> bool:
    """Whether this process writes files and logs; of the processes that a launcher started, the first one does."""
    return not is_launched() or os.environ.get("RANK", os.environ.get("SLURM_PROCID")) == "0"


def exec_launcher(module: str, arguments: Sequence[str]) -> None:
    """Replace this process by the launcher that MSN_LAUNCH names, which runs `module` in many processes.

    Without MSN_LAUNCH nothing happens. In a process that a launcher has started nothing happens either, but all
    processes except the first log warnings and errors alone.

    Raises:
        ValueError: if the launcher's program does not exist.
    """
    if is_launched():
        if not is_first_process():
            logging.getLogger().setLevel(logging.WARNING)
        return
    words = shlex.split(os.environ.get(VARIABLE, ""))
    if not words:
        return
    own_folder = str(Path(sys.executable).parent)
    program = shutil.which(words[0], path=os.pathsep.join([own_folder, os.environ.get("PATH", os.defpath)]))
    if program is None:
        raise ValueError(
            f"{VARIABLE} is {os.environ[VARIABLE]!r}, but there is no program {words[0]!r}; allowed: a command that "
            "starts what follows it in many processes, such as 'torchrun --standalone --nproc-per-node 8' or 'srun'"
        )
    if Path(program).name == "torchrun":
        words.append("--no-python")  # what follows is a whole command, not a Python script
    os.execv(program, [*words, sys.executable, "-m", module, *arguments])
