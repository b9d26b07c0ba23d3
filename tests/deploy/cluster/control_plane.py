"""Starts the control plane in a folder of its own, on ports of its own, and takes it away again."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sluice.errors import NotReadyError
from sluice.local.ports import LOOPBACK, free_ports, listens
from sluice.local.process import Process, stop_all
from tests.deploy.cluster.access import Access, Object
from tests.deploy.cluster.nodes import nodes, storage

STAGES: Final = Path(__file__).with_name("stages.yaml")

_START_SECONDS: Final = 180
_STOP_SECONDS: Final = 20
_AGAIN_SECONDS: Final = 0.2
# They write to a cloud's or a kubelet's interfaces, and here is neither.
_NO_CONTROLLERS: Final = ("node-ipam-controller", "node-route-controller", "service-lb-controller")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the programs are."""

    etcd: Path
    api_server: Path
    controllers: Path
    scheduler: Path
    kwok: Path
    kubectl: Path


@contextmanager
def control_plane(programs: Programs, env: Mapping[str, str]) -> Iterator[Access]:
    """A cluster with its nodes ready and a storage class. Its programs end with the block, or with this process.

    Raises NotReadyError with the last words of a program that did not start.
    """
    with TemporaryDirectory(prefix="sluice-verify-") as name:
        folder = Path(name)
        store, server, kubelet = free_ports(3)
        access = Access(
            port=server,
            token=secrets.token_urlsafe(32),
            certificate=folder / "certificates/apiserver.crt",
            kubeconfig=folder / "kubeconfig",
            kubectl=programs.kubectl,
        )
        started: list[Process] = []

        def start(title: str, argv: Sequence[str], ready: Callable[[], bool]) -> None:
            process = Process.start(title, argv, {**env, "HOME": name}, folder / f"{title}.log")
            started.append(process)
            _wait(started, f"{title} to answer", ready)

        try:
            _write_secrets(folder, access)
            start("etcd", _etcd(programs, folder, store, free_ports(1)[0]), lambda: listens(store, 1.0))
            start("kube-apiserver", _api_server(programs, folder, store, access), lambda: _answers(access))
            for title, argv in _others(programs, folder, access, kubelet).items():
                start(title, argv, lambda: True)
            access.apply([*storage(), *nodes()])
            access.apply(nodes(), "--subresource=status")
            _wait(started, "every node to be ready", lambda: _nodes_ready(access))
            yield access
        finally:
            stop_all(started[::-1], _STOP_SECONDS)


def _etcd(programs: Programs, folder: Path, port: int, peers: int) -> list[str]:
    mine, other = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{peers}"
    return [
        str(programs.etcd),
        f"--data-dir={folder}/etcd",
        "--unsafe-no-fsync",
        f"--listen-client-urls={mine}",
        f"--advertise-client-urls={mine}",
        f"--listen-peer-urls={other}",
        f"--initial-advertise-peer-urls={other}",
        f"--initial-cluster=default={other}",
    ]


def _api_server(programs: Programs, folder: Path, store: int, access: Access) -> list[str]:
    return [
        str(programs.api_server),
        f"--etcd-servers=http://{LOOPBACK}:{store}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={access.port}",
        f"--cert-dir={access.certificate.parent}",
        # No pod could reach this address, so nobody is told of it.
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--token-auth-file={folder}/tokens.csv",
        "--authorization-mode=Node,RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder}/accounts.key",
        f"--service-account-signing-key-file={folder}/accounts.key",
    ]


def _others(programs: Programs, folder: Path, access: Access, kubelet: int) -> dict[str, list[str]]:
    as_admin = f"--kubeconfig={access.kubeconfig}"
    quick = ["--kube-api-qps=500", "--kube-api-burst=1000", "--leader-elect=false", "--secure-port=0"]
    controllers = ",".join(["*", *(f"-{name}" for name in _NO_CONTROLLERS)])
    return {
        "kube-controller-manager": [
            str(programs.controllers),
            as_admin,
            *quick,
            f"--controllers={controllers}",
            f"--service-account-private-key-file={folder}/accounts.key",
            f"--root-ca-file={access.certificate}",
        ],
        "kube-scheduler": [str(programs.scheduler), as_admin, *quick],
        "kwok": [
            str(programs.kwok),
            as_admin,
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=0",
            f"--server-address={LOOPBACK}:{kubelet}",
            f"--config={STAGES}",
        ],
    }


def _write_secrets(folder: Path, access: Access) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "accounts.key").write_bytes(text)
    (folder / "tokens.csv").write_text(f'{access.token},admin,1,"system:masters"\n', encoding="utf-8")
    access.write_kubeconfig()


def _answers(access: Access) -> bool:
    try:
        return access.status("/readyz") == 200
    except OSError:
        return False


def _nodes_ready(access: Access) -> bool:
    accounts = access.list("serviceaccounts", "--namespace=default")
    return bool(accounts) and all(_is_ready(node) for node in access.list("nodes"))


def _is_ready(node: Object) -> bool:
    """Its controller takes the taint away a moment after its kubelet has spoken."""
    conditions = node.get("status", {}).get("conditions", [])
    taints = {one["key"] for one in node["spec"].get("taints", [])}
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "node.kubernetes.io/not-ready" not in taints


def _wait(started: Sequence[Process], what: str, ready: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while True:
        for process in started:
            if process.exit_code() is not None:
                raise NotReadyError(f"waiting for {what}: {process.name} {process.how_it_ended()}")
        if ready():
            return
        if time.monotonic() >= give_up:
            words = "; ".join(f"{process.name}: {process.last_words()}" for process in started)
            raise NotReadyError(f"{_START_SECONDS} s were not enough for {what}. Last words: {words}")
        time.sleep(_AGAIN_SECONDS)
