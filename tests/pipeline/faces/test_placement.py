"""Placement of jobs that run networks: one device type for all workers, GPUs shared among the workers of a machine."""

import dask
import pytest
import torch

from pipeline import device
from pipeline.faces import placement
from pipeline.faces.placement import gpu_of_worker, network_placement
from pipeline.parallel.worker_count import worker_count

CLUSTER = {"scheduler-address": "tcp://127.0.0.1:9"}


@pytest.fixture
def any_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept every device without allocating a tensor on it."""
    for module in (device, placement):
        monkeypatch.setattr(module, "usable_device", torch.device)


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta:x"])
def test_the_error_for_a_missing_device_names_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MSN_DEVICE", name)
    with pytest.raises(ValueError, match=rf"the device '{name}' cannot be used on .*allowed in MSN_DEVICE: cpu"):
        network_placement()


def test_on_a_cluster_the_stage_may_choose_a_device_that_its_own_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_DEVICE", "cuda:99")
    with dask.config.set(CLUSTER):
        chosen = network_placement()
    assert (chosen.device.type, chosen.resources) == ("cuda", {"GPU": 1})
    with pytest.raises(ValueError, match="the device 'cuda:99' cannot be used on"):
        chosen.enter("a worker without it")


def test_without_msn_device_the_type_is_that_of_the_stages_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MSN_DEVICE")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with dask.config.set(CLUSTER):
        assert (network_placement().device.type, network_placement().resources) == ("cpu", {})
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        assert (network_placement().device.type, network_placement().resources) == ("cuda", {"GPU": 1})


@pytest.mark.parametrize(
    ("worker", "gpus", "gpu"),
    [("0", 2, 0), ("1", 2, 1), ("6", 4, 2), ("SLURMCluster-12-3", 4, 3), ("node", 4, 0), ("tcp://10.0.0.1:4567", 2, 1)],
)
def test_the_gpu_of_a_worker_is_its_number_modulo_the_gpus(worker: str, gpus: int, gpu: int) -> None:
    assert gpu_of_worker(worker, gpus) == gpu


@pytest.mark.usefixtures("any_device")
@pytest.mark.parametrize(("name", "gpus"), [("cuda", [0, 1, 0]), ("cuda:1", []), ("cpu", [])])
def test_workers_are_spread_over_gpus_if_no_gpu_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, gpus: list[int]
) -> None:
    selected: list[int] = []
    monkeypatch.setenv("MSN_DEVICE", name)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", selected.append)
    for worker in ("0", "1", "2"):
        network_placement().enter(worker)
    assert selected == gpus


@pytest.mark.usefixtures("any_device")
def test_few_workers_share_a_gpu_unless_msn_workers_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.delenv("MSN_WORKERS")
    assert worker_count(network_placement().max_processes) == 8
    monkeypatch.setenv("MSN_WORKERS", "12")
    assert worker_count(network_placement().max_processes) == 12
    monkeypatch.setenv("MSN_DEVICE", "cpu")
    monkeypatch.delenv("MSN_WORKERS")
    assert worker_count(network_placement().max_processes) == 64
