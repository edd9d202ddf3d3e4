"""Compilation by torch.compile: what it needs, and the compiled code, which is kept from other accounts."""

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch._inductor.runtime.cache_dir_utils import default_cache_dir

from pipeline.runtime.environment import environment_flag
from pipeline.user_folder import keep_for_user

MIN_CAPABILITY = (7, 0)  # compute capability that Triton needs
C_COMPILERS = ("cc", "gcc", "clang")  # Triton needs one of them
CPP_COMPILERS = ("g++", "clang++")  # code for a CPU needs one of them


def is_allowed() -> bool:
    """Whether MSN_COMPILE allows compilation.

    Raises:
        ValueError: if it is neither 0 nor 1.
    """
    return environment_flag("MSN_COMPILE", default=True)


def compile_obstacle(device: torch.device) -> str | None:
    """Return why nothing can be compiled for a device on this machine; None if it can."""
    needed = CPP_COMPILERS if device.type == "cpu" else C_COMPILERS
    if not any(map(shutil.which, needed)):
        return f"there is no compiler ({', '.join(needed)})"
    if device.type != "cuda":
        return None
    if importlib.util.find_spec("triton") is None:
        return "there is no Triton"
    if (capability := torch.cuda.get_device_capability(device)) < MIN_CAPABILITY:
        version = f"{capability[0]}.{capability[1]}"
        return f"this GPU has compute capability {version}, and Triton needs {MIN_CAPABILITY[0]}.0"
    return None


def compile_function(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return `function` or a network compiled for the sizes of its inputs, which happens at the first call with each.

    PyTorch runs code that it finds in its cache: a folder in the temporary folder under a name that another account
    can take first. TORCHINDUCTOR_CACHE_DIR moves only a part of it.

    Raises:
        UnsafeFolderError: if another account could change the code in the cache.
    """
    keep_for_user(Path(default_cache_dir()), "TMPDIR")
    return torch.compile(function, dynamic=False)
