"""Every service as a process of its own behind mutual TLS, each with a folder of certificates and a list of peers."""

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from gateway.keys import new_secret
from sluice.contract.rpcs import rpc_services
from sluice.local.certificates import ensure_chain
from sluice.local.entry_points import HTTP_DOORS, service_commands, told_where
from sluice.local.health import Health, ask_health
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process, stop_all
from sluice.local.service_authority import Issued, ServiceAuthority, identity_of
from sluice.local.vault_key import ensure_vault_key
from sluice.settings import KafkaSettings
from tests.unit.service_folders import Mount, mounted

GATEWAY, STRANGER = "gateway", "stranger"
REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
SECONDS = 120.0
RPC: Mapping[str, str] = {
    "ingest": "Ingest",
    "text-classifier": "TextClassifier",
    "image-text-classifier": "ImageTextClassifier",
    "image-classifier": "ImageClassifier",
    "person-classifier": "PersonClassifier",
    "hash-matcher": "HashMatcher",
    "orchestrator": "Orchestrator",
    "c2pa-signer": "C2paSigner",
    "provenance": "Provenance",
    "reporter": "Reporter",
    "policy-shadow": "",
    "gateway": "",
}
"""Service -> its gRPC service; the shadow and the gateway have none of their own, only reflection and health."""


def methods_of(name: str) -> list[str]:
    """Every method of a service that is not health's."""
    rpc = f"sluice.v1.{RPC[name]}"
    own = [f"{rpc}/{method}" for method in rpc_services()[rpc]] if RPC[name] else []
    return [*own, f"{REFLECTION}/ServerReflectionInfo"]


def listing(name: str, *who: str) -> str:
    """A list of peers that lets these call all of a service."""
    known = ", ".join(identity_of(each) for each in who)
    return "".join(f"{method}: [{known}]\n" for method in methods_of(name))


class Secure:
    """One service. `http`: where it answers HTTP, if it does; `key`: the gateway's first one."""

    def __init__(self, name: str, home: Path, house: ServiceAuthority, env: Mapping[str, str]) -> None:
        self.name = name
        self.house = house
        self.http = ""
        self.key = new_secret()
        door, health, ops = (f"{LOOPBACK}:{port}" for port in free_ports(3))
        self.door, self.health, self.ops = door, health, ops
        self.mount: Mount = mounted(home / "tls" / name, house, name)
        self.peers = home / "peers" / f"{name}.yaml"
        self.peers.parent.mkdir(exist_ok=True)
        self.peers.write_text(listing(name, GATEWAY))
        told = {
            **env,
            "SLUICE_GRPC_ADDRESS": door,
            "SLUICE_HEALTH_ADDRESS": health,
            "SLUICE_OPS_ADDRESS": ops,
            "SLUICE_TLS_DIR": str(self.mount.folder),
            "SLUICE_PEERS": str(self.peers),
        }
        if name in HTTP_DOORS:
            self.http = f"{LOOPBACK}:{free_ports(1)[0]}"
            told[HTTP_DOORS[name]] = self.http
        if name == GATEWAY:
            told |= {"SLUICE_CLIENT_TLS_DIR": str(self.mount.folder), "SLUICE_API_KEY": self.key}
            # A busy machine may be slower than the policy's deadline.
            told["SLUICE_GATEWAY_DEADLINE_MS"] = "20000"
        command = service_commands((), {"SLUICE_SHADOW_POLICY": "x"})[name]
        self.log = home / "logs" / f"{name}.log"
        self.process = Process.start(name, command, told, self.log)

    def wait_listening(self) -> None:
        """Until it answers who asks for its health without a certificate."""
        until(lambda: ask_health(self.health) is not Health.UNREACHABLE, self._ended)

    def wait_ready(self) -> None:
        """Until it says so there."""
        until(lambda: ask_health(self.health) is Health.SERVING, self._ended)

    def channel(self, issued: Issued | None = None, trusts: bytes = b"") -> grpc.Channel:
        """A caller of its own connection. Without `issued`: one that is listed."""
        found = issued or self.house.issue(GATEWAY)
        return self._open(trusts or self.house.certificate, found.key, found.certificate)

    def nobody(self) -> grpc.Channel:
        """A caller without a certificate."""
        return self._open(self.house.certificate, None, None)

    def _open(self, trusts: bytes, key: bytes | None, certificate: bytes | None) -> grpc.Channel:
        credentials = grpc.ssl_channel_credentials(trusts, key, certificate)
        return grpc.secure_channel(self.door, credentials, options=[("grpc.use_local_subchannel_pool", 1)])

    def count(self, metric: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        with urllib.request.urlopen(f"http://{self.ops}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if line.startswith(f"{metric}{{") and all(each in line for each in wanted)
        )

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The log's lines of an event."""
        found = [line for line in self.log.read_text().splitlines() if f'"event": "{event}"' in line]
        return [json.loads(line) for line in found]

    def _ended(self) -> str:
        assert self.process.exit_code() is None, f"{self.name}: {self.process.how_it_ended()}"
        return f"{self.name}: {self.process.last_words()}"


def until(holds: Callable[[], bool], told: Callable[[], str] = str, seconds: float = SECONDS) -> None:
    """Waits for what comes by itself. `told`: why it may not have come; it raises where it never will."""
    give_up = time.monotonic() + seconds
    while not holds():
        why = told()
        assert time.monotonic() < give_up, why
        time.sleep(0.1)


def outcome(channel: grpc.Channel, method: str, seconds: float = 30.0) -> tuple[grpc.StatusCode, str]:
    """How a call with one empty message ends. Every kind of method can be called so."""
    call_it: Any = channel.stream_stream(f"/{method}")
    answers = call_it(iter([b""]), timeout=seconds)
    try:
        for _ in answers:
            pass
    except grpc.RpcError as error:
        call: Any = error
        return call.code(), call.details() or ""
    return grpc.StatusCode.OK, ""


@contextmanager
def secure_services(home: Path, kafka: KafkaSettings, policy: Path) -> Iterator[Mapping[str, Secure]]:
    """All of them, listening; none runs when it ends."""
    house = ServiceAuthority()
    certs = ensure_chain(home)
    ensure_vault_key(home)
    env = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "SLUICE_HOME": str(home),
        "SLUICE_POLICY": str(policy),
        "SLUICE_SHADOW_POLICY": str(policy),
        "SLUICE_C2PA_CERTS": str(certs.root.parent),
        "SLUICE_TEST_BANK": "1",
        "SLUICE_DRAIN_SECONDS": "2",
        "SLUICE_LOG_LEVEL": "debug",
        "GRPC_VERBOSITY": "ERROR",
    }
    running: dict[str, Secure] = {}
    try:
        for name in RPC:
            # The last one asks others, who are there by now.
            asked = told_where(name, {other: service.door for other, service in running.items()})
            running[name] = Secure(name, home, house, {**env, **asked})
        for service in running.values():
            service.wait_listening()
        yield running
        stop_all([service.process for service in running.values()], 60.0)
        # Each drained and ended by itself, with connections open or not.
        assert {name: service.process.exit_code() for name, service in running.items()} == dict.fromkeys(running, 0)
    finally:
        stop_all([service.process for service in running.values()], 60.0)
