"""Where networks run: a matter of speed, so it comes from the environment and not from params.yaml."""

import os
import platform

import torch


def select_device() -> torch.device:
    """The device named by MSN_DEVICE (cpu, cuda, cuda:1, ...), else a GPU where there is one, else the CPU.

    Raises:
        ValueError: where MSN_DEVICE names something this machine does not have.
    """
    return usable_device(device_name())


def device_name() -> str:
    return os.environ.get("MSN_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")


def parse_device(name: str) -> torch.device:
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise _refused(name, error) from None


def usable_device(name: str) -> torch.device:
    chosen = parse_device(name)
    try:
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise _refused(name, error) from None
    return chosen


def _refused(name: str, error: Exception) -> ValueError:
    reason = str(error).splitlines()[0]
    return ValueError(
        f"the device {name!r} cannot be used on {platform.node()}: {reason}; allowed in MSN_DEVICE: cpu, cuda, cuda:N"
    )
