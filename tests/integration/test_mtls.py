"""Every service refuses who may not call it, whatever the method, and serves who may: real processes, real TLS."""

import asyncio
import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice import samples
from sluice.bus.create_topics import create
from sluice.cli.ask import Ask
from sluice.cli.send import Sender
from sluice.errors import EX_CONFIG
from sluice.local.entry_points import service_names, told_where
from sluice.local.health import Health, ask_health
from sluice.local.service_authority import ServiceAuthority
from sluice.local.state import Running, ServiceAt
from sluice.v1.decision_pb2 import ACTION_ALLOW
from sluice.v1.request_pb2 import ROLE_UPLOAD, STAGE_PROMPT
from tests.integration.client import Client, action, ask, prompt
from tests.integration.conftest import DEFAULT_POLICY
from tests.integration.quick_start import quick_broker
from tests.integration.secure_services import (
    GATEWAY,
    RPC,
    STRANGER,
    Secure,
    listing,
    methods_of,
    outcome,
    secure_services,
    until,
)
from tests.unit.secure_door import shown_at
from tests.unit.service_folders import mounted

DENIED = grpc.StatusCode.PERMISSION_DENIED
NO_CONNECTION = grpc.StatusCode.UNAVAILABLE
DAY = dt.timedelta(days=1)
SLUICE = (sys.executable, "-m", "sluice.cli.main")

each_service = pytest.mark.parametrize("name", RPC)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Secure]]:
    """All of them, listening: a door guards from its first moment, ready or not."""
    home = tmp_path_factory.mktemp("mtls")
    broker = quick_broker(home / "kafka")
    try:
        create(broker.kafka, 1, 1)
        with secure_services(home, broker.kafka, DEFAULT_POLICY) as running:
            yield running
    finally:
        broker.stop()


@pytest.fixture
def service(services: Mapping[str, Secure], name: str) -> Secure:
    """The one that a test is about."""
    return services[name]


def test_every_service_is_looked_at() -> None:
    assert sorted(RPC) == service_names()


def expired(house: ServiceAuthority) -> dict[str, Any]:
    return {"issued": house.issue(GATEWAY, begins=dt.datetime.now(dt.UTC) - 3 * DAY, days=2)}


def of_another_authority(house: ServiceAuthority) -> dict[str, Any]:
    return {"issued": ServiceAuthority().issue(GATEWAY)}


def that_may_only_serve(house: ServiceAuthority) -> dict[str, Any]:
    return {"issued": house.issue(GATEWAY, purposes=[ExtendedKeyUsageOID.SERVER_AUTH])}


@each_service
def test_a_caller_without_a_certificate_gets_no_connection(service: Secure) -> None:
    for method in (*methods_of(service.name), "grpc.health.v1.Health/Check"):
        with service.nobody() as channel:
            assert outcome(channel, method)[0] is NO_CONNECTION
        with grpc.insecure_channel(service.door) as channel:
            assert outcome(channel, method)[0] is NO_CONNECTION


@each_service
@pytest.mark.parametrize("how", [expired, of_another_authority, that_may_only_serve])
def test_a_caller_whose_certificate_does_not_fit_gets_no_connection(
    service: Secure, how: Callable[[ServiceAuthority], dict[str, Any]]
) -> None:
    for method in (*methods_of(service.name), "grpc.health.v1.Health/Check"):
        with service.channel(**how(service.house)) as channel:
            assert outcome(channel, method)[0] is NO_CONNECTION


@each_service
def test_a_caller_who_is_not_listed_is_denied_every_method(service: Secure) -> None:
    with service.channel(service.house.issue(STRANGER)) as channel:
        for method in methods_of(service.name):
            before = service.count("sluice_rpc_denied_total", method=method, reason="not_listed")
            code, detail = outcome(channel, method)
            assert (code, f"spiffe://sluice/local/{STRANGER}: not listed for {method}" in detail) == (DENIED, True)
            assert service.count("sluice_rpc_denied_total", method=method, reason="not_listed") == before + 1
            # Its handler has not begun.
            assert service.count("sluice_rpc_total", method=method) == 0
        # Health says nothing that a caller of ours should not know.
        assert outcome(channel, "grpc.health.v1.Health/Check")[0] is grpc.StatusCode.OK
    told = {(line["method"], line["reason"]) for line in service.lines("call refused")}
    assert {(method, "not_listed") for method in methods_of(service.name)} <= told


@each_service
def test_a_name_in_the_common_name_alone_is_nobodys(service: Secure) -> None:
    impostor = service.house.issue(f"spiffe://sluice/local/{GATEWAY}", names=[x509.RFC822Name("a@example.org")])
    with service.channel(impostor) as channel:
        for method in methods_of(service.name):
            assert outcome(channel, method)[0] is DENIED


@each_service
def test_a_caller_who_is_listed_reaches_every_method(service: Secure) -> None:
    with service.channel() as channel:
        for method in methods_of(service.name):
            before = service.count("sluice_rpc_total", method=method)
            code, detail = outcome(channel, method)
            assert code not in (DENIED, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNIMPLEMENTED), detail
            if method.startswith("sluice."):
                assert service.count("sluice_rpc_total", method=method) == before + 1


@each_service
def test_a_name_that_is_taken_off_the_list_is_denied_without_a_restart(service: Secure) -> None:
    method = methods_of(service.name)[0]
    pid = service.process.pid
    with service.channel() as channel:
        assert outcome(channel, method)[0] is not DENIED
        service.peers.write_text(listing(service.name))
        until(lambda: outcome(channel, method)[0] is DENIED, seconds=30)
        for other in methods_of(service.name):
            assert outcome(channel, other)[0] is DENIED
        service.peers.write_text(listing(service.name, GATEWAY))
        until(lambda: outcome(channel, method)[0] is not DENIED, seconds=30)
    assert (service.process.pid, service.process.exit_code()) == (pid, None)


class Traffic:
    """Calls on one open connection and on new ones, until it is over."""

    def __init__(self, service: Secure) -> None:
        self._service = service
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(each,)) for each in (True, False)]
        self.codes: list[grpc.StatusCode] = []

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, keeps: bool) -> None:
        caller = self._service.house.issue(GATEWAY)
        kept = self._service.channel(caller)
        while not self._stop.is_set():
            if keeps:
                self.codes.append(outcome(kept, "grpc.health.v1.Health/Check")[0])
            else:
                with self._service.channel(caller) as channel:
                    self.codes.append(outcome(channel, "grpc.health.v1.Health/Check")[0])
            self._stop.wait(0.02)
        kept.close()


@each_service
def test_a_new_certificate_is_shown_without_a_restart_and_no_call_fails(service: Secure) -> None:
    def shown() -> int:
        caller = service.house.issue(GATEWAY)
        return asyncio.run(shown_at(service.door, service.house.certificate, caller)).serial_number

    before = shown()
    with Traffic(service) as traffic:
        until(lambda: len(traffic.codes) > 10)
        issued = service.mount.issue(service.house, service.name)
        fresh = x509.load_pem_x509_certificate(issued.certificate).serial_number
        until(lambda: shown() == fresh, seconds=30)
        so_far = len(traffic.codes)
        until(lambda: len(traffic.codes) > so_far + 10)
        # Half of the next one: nothing changes, and it is told.
        half = service.house.issue(service.name)
        service.mount.put(half.certificate, b"-----BEGIN", service.house.certificate)
        until(lambda: service.count("sluice_grpc_certificate_refused") == 1, seconds=30)
        assert shown() == fresh != before
        service.mount.put(half.certificate, half.key, service.house.certificate)
        until(lambda: service.count("sluice_grpc_certificate_refused") == 0, seconds=30)
        assert shown() == x509.load_pem_x509_certificate(half.certificate).serial_number
    assert set(traffic.codes) == {grpc.StatusCode.OK}


@each_service
def test_the_health_port_says_whether_it_is_ready_and_offers_nothing_else(service: Secure) -> None:
    assert ask_health(service.health, 10.0) in (Health.SERVING, Health.NOT_SERVING)
    with grpc.insecure_channel(service.health) as channel:
        assert outcome(channel, "grpc.health.v1.Health/Check")[0] is grpc.StatusCode.OK
        for method in methods_of(service.name):
            assert outcome(channel, method)[0] is grpc.StatusCode.UNIMPLEMENTED


@each_service
def test_plaintext_where_others_reach_it_is_no_way_to_start(name: str, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "SLUICE_HOME": str(tmp_path),
        "SLUICE_SHADOW_POLICY": str(DEFAULT_POLICY),
        "SLUICE_GRPC_ADDRESS": "0.0.0.0:0",
        **told_where(name, dict.fromkeys(RPC, "127.0.0.1:1")),
    }
    argv = [*SLUICE, "serve", name]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == EX_CONFIG
    (line,) = ended.stderr.splitlines()
    assert line.startswith(
        f"{name}: SLUICE_GRPC_ADDRESS='0.0.0.0:0' can be reached from other machines, in plaintext"
    )
    assert "SLUICE_GRPC_PLAINTEXT=1" in line


def test_files_that_do_not_fit_are_no_way_to_start(tmp_path: Path) -> None:
    mount = mounted(tmp_path / "tls", ServiceAuthority(), "ingest")
    (tmp_path / "peers.yaml").write_text("sluice.v1.Ingest/*: everybody\n")
    env = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "SLUICE_HOME": str(tmp_path),
        "SLUICE_TLS_DIR": str(mount.folder),
        "SLUICE_PEERS": str(tmp_path / "peers.yaml"),
    }
    argv = [*SLUICE, "serve", "ingest"]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (
        EX_CONFIG,
        f"ingest: {tmp_path / 'peers.yaml'}:1: sluice.v1.Ingest/*: should be a list\n",
    )


def test_a_command_shows_its_certificate(services: Mapping[str, Secure], tmp_path: Path) -> None:
    service = services["provenance"]
    service.wait_ready()
    picture = tmp_path / "picture.png"
    picture.write_bytes(samples.pictures()[0].data)

    def find(name: str, **env: str) -> "subprocess.CompletedProcess[str]":
        folder = mounted(tmp_path / name, service.house, name).folder
        told = {**os.environ, "SLUICE_HOME": str(tmp_path), "SLUICE_CLIENT_TLS_DIR": str(folder), **env}
        argv = [*SLUICE, "provenance", "find", "--address", service.door, str(picture)]
        return subprocess.run(argv, env=told, capture_output=True, text=True, timeout=120, check=False)

    assert '"answer": "unknown"' in find(GATEWAY).stdout
    denied = find(STRANGER)
    assert (denied.returncode, denied.stdout) == (1, "")
    assert "PERMISSION_DENIED" in denied.stderr
    another = find("other-name", SLUICE_CLIENT_TLS_NAME="another.example.org")
    assert (another.returncode, another.stdout) == (1, "")
    assert "UNAVAILABLE" in another.stderr


def test_the_gateway_shows_its_own_certificate_to_those_whom_it_asks(services: Mapping[str, Secure]) -> None:
    gateway, orchestrator = services["gateway"], services["orchestrator"]
    for name in ("ingest", "text-classifier", "orchestrator", "gateway"):
        services[name].wait_ready()

    def asked() -> tuple[int, str]:
        headers = {"authorization": f"Bearer {gateway.key}"}
        url = f"http://{gateway.http}/v1/moderations"
        answer = httpx2.post(url, json={"input": "a lighthouse"}, headers=headers, timeout=60)
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    assert asked() == (200, "")
    refused = orchestrator.count("sluice_rpc_denied_total", method="sluice.v1.Orchestrator/Moderate")
    orchestrator.peers.write_text(listing("orchestrator", STRANGER))
    until(lambda: asked()[0] != 200)
    status, code = asked()
    # Who may not ask has no decision, and so nobody has one by way of it.
    assert (status, code) in {(503, "unavailable"), (500, "internal_error")}
    assert orchestrator.count("sluice_rpc_denied_total", method="sluice.v1.Orchestrator/Moderate") > refused
    orchestrator.peers.write_text(listing("orchestrator", GATEWAY))
    until(lambda: asked() == (200, ""))


def test_a_request_is_decided_for_who_is_listed(
    services: Mapping[str, Secure], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole road, by gRPC and by what `sluice moderate` sends with."""
    for service in services.values():
        service.wait_ready()
    client = Client({name: services[name].channel() for name in ("orchestrator", "ingest")})
    assert action(client.decide(ask(prompt("a watercolor of a lighthouse")))) == "ALLOW"
    assert client.prepare(samples.pictures()[0].data, ROLE_UPLOAD).reference.uri
    for channel in client.channels.values():
        channel.close()
    at = {name: ServiceAt(service.door, service.process.pid) for name, service in services.items()}
    running = Running(1, "", "", f"file://{tmp_path}", "", at)
    request = Ask("7d9f2f0e-8d2c-4c1e-9d9b-2f1b2f6e4a10", STAGE_PROMPT, prompt="a watercolor of a lighthouse")

    async def sent(name: str) -> tuple[str, int | None]:
        folder = mounted(tmp_path / name, services["ingest"].house, name).folder
        monkeypatch.setenv("SLUICE_CLIENT_TLS_DIR", str(folder))
        async with Sender.open(running, tmp_path) as sender:
            found = await sender.moderate(request)
        return found.error, found.decision.action if found.decision else None

    error, decided = asyncio.run(sent(STRANGER))
    assert (error.startswith("PERMISSION_DENIED"), decided) == (True, None)
    assert asyncio.run(sent(GATEWAY)) == ("", ACTION_ALLOW)
