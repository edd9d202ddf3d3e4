"""Which device networks run on: what the environment names, one type for all workers, GPUs shared out among them."""

import dask
import pytest
import torch

from pipeline import device as device_module
from pipeline.device import select_device
from pipeline.faces.placement import gpu_of_worker, network_placement
from pipeline.parallel.worker_count import worker_count

CLUSTER = {"scheduler-address": "tcp://127.0.0.1:9"}


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta:x"])
def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MSN_DEVICE", name)
    for called in (select_device, network_placement):
        with pytest.raises(ValueError, match=rf"the device '{name}' cannot be used on .*allowed in MSN_DEVICE: cpu"):
            called()


def test_on_a_cluster_the_client_names_what_its_own_machine_may_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_DEVICE", "cuda:99")
    with dask.config.set(CLUSTER):
        place = network_placement()
    assert (place.device.type, place.resources) == ("cuda", {"GPU": 1})
    with pytest.raises(ValueError, match="the device 'cuda:99' cannot be used on"):
        place.enter("a worker without it")


def test_unset_it_follows_the_machine_that_runs_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_workers_are_numbered_round_the_gpus(worker: str, gpus: int, gpu: int) -> None:
    assert gpu_of_worker(worker, gpus) == gpu


@pytest.mark.parametrize(("name", "taken"), [("cuda", [0, 1, 0]), ("cuda:1", []), ("cpu", [])])
def test_workers_take_turns_where_no_gpu_is_named(monkeypatch: pytest.MonkeyPatch, name: str, taken: list[int]) -> None:
    set_to: list[int] = []
    monkeypatch.setenv("MSN_DEVICE", name)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", set_to.append)
    monkeypatch.setattr(device_module, "_usable", torch.device)
    for worker in ("0", "1", "2"):
        network_placement().enter(worker)
    assert set_to == taken


def test_a_gpu_is_shared_by_few_workers_unless_more_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(device_module, "_usable", torch.device)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.delenv("MSN_WORKERS")
    assert worker_count(network_placement().most) == 8
    monkeypatch.setenv("MSN_WORKERS", "12")
    assert worker_count(network_placement().most) == 12
    monkeypatch.setenv("MSN_DEVICE", "cpu")
    monkeypatch.delenv("MSN_WORKERS")
    assert worker_count(network_placement().most) == 64
