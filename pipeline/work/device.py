"""Where networks run: a matter of speed, so it comes from the environment and not from params.yaml."""

import os

import torch


def device() -> torch.device:
    """The device named by MSN_DEVICE (cpu, cuda, cuda:1, ...), else a GPU where there is one, else the CPU.

    Raises:
        ValueError: where MSN_DEVICE names something this machine does not have.
    """
    name = os.environ.get("MSN_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(name)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"MSN_DEVICE is {name!r}, which cannot be used here: {reason}; allowed: cpu, cuda, cuda:N"
        ) from None
    return chosen
