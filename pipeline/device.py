"""The device on which networks run; it affects the speed only, so the environment names it and not params.yaml."""

import os
import platform

import torch


def select_device() -> torch.device:
    """Return the device named by MSN_DEVICE (cpu, cuda, cuda:1, ...), else a GPU if there is one, else the CPU.

    Raises:
        ValueError: if this machine does not have the device that MSN_DEVICE names.
    """
    return usable_device(device_name())


def device_name() -> str:
    """Return MSN_DEVICE, or if it is unset `cuda` on a machine with a GPU and `cpu` elsewhere."""
    return os.environ.get("MSN_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")


def parse_device(name: str) -> torch.device:
    """Return the device of this name, which this machine need not have.

    Raises:
        ValueError: if PyTorch knows no device of this name.
    """
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise _device_error(name, error) from None


def usable_device(name: str) -> torch.device:
    """Return the device of this name after allocating a tensor on it.

    Raises:
        ValueError: if this machine does not have the device.
    """
    device = parse_device(name)
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise _device_error(name, error) from None
    return device


def _device_error(name: str, error: Exception) -> ValueError:
    reason = str(error).splitlines()[0]
    return ValueError(
        f"the device {name!r} cannot be used on {platform.node()}: {reason}; allowed in MSN_DEVICE: cpu, cuda, cuda:N"
    )
