"""The device on which networks run: the one that MSN_DEVICE names, if this machine has it."""

import pytest

from pipeline.device import select_device


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta:x"])
def test_the_error_for_a_missing_device_names_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MSN_DEVICE", name)
    with pytest.raises(ValueError, match=rf"the device '{name}' cannot be used on .*allowed in MSN_DEVICE: cpu"):
        select_device()
