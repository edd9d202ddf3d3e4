"""Compilation by torch.compile; the compiled code is kept from other accounts."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch._inductor.runtime.cache_dir_utils import default_cache_dir

from pipeline.user_folder import keep_for_user


def compile_function(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return `function` or a network compiled for the sizes of its inputs, which happens at the first call with each.

    PyTorch runs code that it finds in its cache: a folder in the temporary folder under a name that another account
    can take first. TORCHINDUCTOR_CACHE_DIR moves only a part of it.

    Raises:
        UnsafeFolderError: if another account could change the code in the cache.
    """
    keep_for_user(Path(default_cache_dir()), "TMPDIR")
    return torch.compile(function, dynamic=False)
