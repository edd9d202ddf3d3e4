"""Another account of the machine cannot run code through a local cluster, nor through one with documented TLS."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

import dask
import psutil
import pytest
import yaml
from distributed import Client

from pipeline.parallel.dask_cluster import NoSchedulerError, Placement, run_jobs
from pipeline.parallel.local_cluster import local_client
from tests.dask_cluster import DaskCluster, dask_cluster
from tests.documentation.pages import code_blocks

ROOT = Path(__file__).parents[3]
ATTACK = Path(__file__).with_name("attack.py")
as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root: the attack comes from another account")


def _processes() -> list[psutil.Process]:
    return [psutil.Process(), *psutil.Process().children(recursive=True)]


def _listening_ports() -> set[int]:
    """The TCP ports on which this process and its children listen."""
    connections = [connection for process in _processes() for connection in process.net_connections("tcp")]
    return {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}


def _attack(folder: Path, ports: set[int]) -> dict[str, str]:
    """Attack as another account; return who ran the code of each successful attempt: its name to a user id."""
    proof = folder / "proof"
    proof.mkdir()
    command = [sys.executable, str(ATTACK), str(proof), *map(str, sorted(ports))]
    attempts = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True, timeout=120)
    assert len(attempts.stdout.splitlines()) == 6 * len(ports), attempts  # two protocols in three ways
    return {path.name: path.read_text() for path in proof.iterdir()}


def _port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


def _cluster_ports(address: str) -> set[int]:
    """The ports of a scheduler and its workers."""
    with Client(address) as client:
        return {_port(address), *map(_port, client.scheduler_info()["workers"])}


@as_root
def test_another_account_cannot_run_code_in_a_local_cluster(tmp_path: Path) -> None:
    before = _listening_ports()
    with local_client(2) as client:
        ports = _listening_ports() - before
        assert len(ports) == 5  # the scheduler's; each nanny's and worker's; none for HTTP
        assert _attack(tmp_path, ports) == {}
        assert client.submit(sum, [1, 2]).result() == 3
    assert _listening_ports() <= before


@as_root
def test_the_attack_succeeds_where_there_is_no_tls(tmp_path: Path) -> None:
    with dask_cluster(tmp_path / "dask") as cluster:
        cluster.start_worker("only")
        user_ids = _attack(tmp_path, {_port(cluster.address)})
    port = _port(cluster.address)
    assert user_ids == {f"{port}-plain-as_client-{where}": "0" for where in ("scheduler", "job", "worker", "nanny")}


def test_no_port_of_a_local_cluster_answers_http() -> None:
    anyone = ssl.create_default_context()
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    before = _listening_ports()
    with local_client(1):
        for port in _listening_ports() - before:
            for connection in (
                HTTPConnection("127.0.0.1", port, timeout=5),
                HTTPSConnection("127.0.0.1", port, timeout=5, context=anyone),
            ):
                with closing(connection), pytest.raises((OSError, HTTPException)):
                    connection.request("GET", "/sitemap.json")
                    connection.getresponse()


def test_the_key_of_a_local_cluster_is_not_in_arguments_environments_or_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with local_client(1) as client:
        secret = client.security.tls_client_key.splitlines()[1]
        shown = [text for process in _processes() for text in (*process.cmdline(), *process.environ().values())]
        assert len(shown) > 10
        assert [text for text in shown if secret in text] == []
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _documented_tls(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Follow the section on certificates of the guide to clusters in a new home, and load Dask's settings there."""
    (home / ".dask-tls").mkdir(parents=True, mode=0o755)  # an existing folder, open to others
    monkeypatch.setenv("HOME", str(home))
    (block,) = [block for block in code_blocks(ROOT / "docs/how-to/cluster.md") if "openssl" in block.text]
    subprocess.run(["bash", "-e", "-c", block.text], check=True, capture_output=True)
    for path in (home / ".dask-tls", home / ".dask-tls/key.pem"):
        assert path.stat().st_mode & 0o077 == 0
    settings = yaml.safe_load((home / ".config/dask/tls.yaml").read_text())
    with dask.config.set(dask.config.merge(dask.config.config, settings)):
        yield


@pytest.fixture
def tls_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaskCluster]:
    """A scheduler and a worker with documented TLS; Dask's configuration names them."""
    with _documented_tls(tmp_path / "home", monkeypatch), dask_cluster(tmp_path / "dask") as cluster:
        cluster.start_worker("only")
        with dask.config.set({"scheduler-address": cluster.address}):
            yield cluster


def test_jobs_run_on_a_cluster_with_documented_tls(tls_cluster: DaskCluster, caplog: pytest.LogCaptureFixture) -> None:
    assert tls_cluster.address.startswith("tls://")
    assert sorted(run_jobs(sum, [([1, 2],), ([3, 4],)], Placement(), 2)) == [(0, 3), (1, 7)]
    assert "has no TLS" not in caplog.text


@as_root
def test_another_account_cannot_run_code_in_a_cluster_with_documented_tls(
    tls_cluster: DaskCluster, tmp_path: Path
) -> None:
    assert _attack(tmp_path, _cluster_ports(tls_cluster.address)) == {}


@pytest.mark.parametrize(
    ("address", "settings", "message"),
    [
        ("tls://127.0.0.1:9", {}, r"names no certificate(.|\n)*docs/how-to/cluster\.md"),
        ("tcp://127.0.0.1:9", {"distributed.comm.require-encryption": True}, r"require-encryption is set"),
    ],
)
def test_address_and_configuration_must_agree_on_tls(address: str, settings: dict[str, bool], message: str) -> None:
    with dask.config.set({"scheduler-address": address, **settings}), pytest.raises(NoSchedulerError, match=message):
        list(run_jobs(sum, [([1],)], Placement(), 1))


def test_another_certificate_is_refused(
    tls_cluster: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        _documented_tls(tmp_path / "another", monkeypatch),
        pytest.raises(NoSchedulerError, match=f"answers at '{tls_cluster.address}'"),
    ):
        list(run_jobs(sum, [([1],)], Placement(), 1))


def test_a_cluster_without_tls_is_named_in_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with dask_cluster(tmp_path / "dask") as cluster, dask.config.set({"scheduler-address": cluster.address}):
        cluster.start_worker("only")
        assert list(run_jobs(sum, [([1, 2],)], Placement(), 1)) == [(0, 3)]
    warning = "has no TLS: any account that reaches it can run code as you; see docs/how-to/cluster.md"
    assert [text for text in caplog.messages if "TLS" in text] == [f"the Dask cluster at {cluster.address} {warning}"]
