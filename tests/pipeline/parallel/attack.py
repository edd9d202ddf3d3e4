"""Another account's attempt to run code through ports of Dask: `python attack.py PROOF PORT...`, started as root.

It becomes the user nobody, and tries the protocols of a client and of a worker: without TLS, and over TLS with no
certificate or one of its own, whatever certificate the other side has. Code that runs writes a file into the folder
PROOF. Every attempt is printed with its outcome.
"""

import asyncio
import logging
import os
import ssl
import sys
from pathlib import Path
from typing import Any

from distributed import Client, Security
from distributed.core import rpc
from distributed.protocol.pickle import dumps

NOBODY = 65534
SECONDS = 5  # for one attempt


class Intruder(Security):
    """Connects over TLS to anyone, with a certificate of its own or with none."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(require_encryption=True)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.extra_conn_args = {"context": context}

    def get_connection_args(self, role: str) -> dict[str, Any]:
        return {"ssl_context": self.extra_conn_args["context"], "require_encryption": True, "extra_conn_args": {}}


def leave_proof(path: str) -> None:
    """Write the user id of the process that runs this."""
    import os  # this function is sent to processes that have not loaded this module
    from pathlib import Path

    Path(path).write_text(str(os.getuid()))


async def as_client(address: str, security: Security | None, proof: str) -> None:
    """Run code in all processes of the cluster, if the address is the scheduler's."""
    async with Client(address, security=security, asynchronous=True, timeout=SECONDS) as client:
        await client.run_on_scheduler(leave_proof, f"{proof}-scheduler")
        await client.submit(leave_proof, f"{proof}-job")
        await client.run(leave_proof, f"{proof}-worker")
        await client.run(leave_proof, f"{proof}-nanny", nanny=True)


async def as_peer(address: str, security: Security | None, proof: str) -> None:
    """Run code in a nanny or worker, if the address is of one."""
    arguments = security.get_connection_args("worker") if security else {}
    async with rpc(address, connection_args=arguments, timeout=SECONDS) as peer:
        await peer.run(function=dumps(leave_proof), args=dumps((f"{proof}-process",)))


async def attack(proof: Path, ports: list[int], securities: dict[str, Security | None]) -> None:
    """Try both protocols on every port in every way."""
    for port in ports:
        for way, security in securities.items():
            for attempt in (as_client, as_peer):
                name = f"{port}-{way}-{attempt.__name__}"
                address = f"{'tls' if security else 'tcp'}://127.0.0.1:{port}"
                outcome = "done"
                try:
                    await asyncio.wait_for(attempt(address, security, str(proof / name)), 2 * SECONDS)
                except Exception as error:
                    outcome = f"{type(error).__name__}: {error}"
                print(f"{name}: {outcome}", flush=True)


if __name__ == "__main__":
    own = Security.temporary().get_connection_args("client")["ssl_context"]
    ways: dict[str, Security | None] = {
        "plain": None,
        "no-certificate": Intruder(ssl.create_default_context()),
        "own-certificate": Intruder(own),
    }
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    logging.disable()
    asyncio.run(attack(Path(sys.argv[1]), [int(port) for port in sys.argv[2:]], ways))
