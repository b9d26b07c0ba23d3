"""The gateway as a process: what it is told, when it is ready, and how it ends. The rest of the stack is real."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from gateway.keys import new_secret
from sluice.errors import EX_CONFIG
from sluice.local.ports import free_ports, listens
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from tests.integration.service_alone import Alone, ended, until
from tests.integration.span_trees import Got, got
from tests.unit.gateway_wire import answer, request
from tests.unit.otlp_receiver import Receiver

LIGHTHOUSE = "a watercolor of a lighthouse at dawn"
BODY = json.dumps({"input": LIGHTHOUSE}).encode()
PATH = "/v1/moderations"


class GatewayAlone(Alone):
    """A gateway of the test's own, beside the stack's. `secret`: its first key."""

    def __init__(self, stack: Running, home: Path, kafka: KafkaSettings, instance: int = 0, **settings: str) -> None:
        (port,) = free_ports(1)
        self.port = port
        self.secret = new_secret()
        told = {
            "SLUICE_OBJECT_STORE": stack.object_store,
            "SLUICE_GATEWAY_ADDRESS": f"127.0.0.1:{port}",
            "SLUICE_ORCHESTRATOR_ADDRESS": stack.services["orchestrator"].address,
            "SLUICE_INGEST_ADDRESS": stack.services["ingest"].address,
            "SLUICE_API_KEY": self.secret,
            **settings,
        }
        super().__init__("gateway", home, kafka, instance, **told)

    @property
    def url(self) -> str:
        """Of its HTTP door."""
        return f"http://127.0.0.1:{self.port}"

    def post(self, body: bytes = BODY) -> httpx2.Response:
        """Asks for a moderation."""
        headers = {"authorization": f"Bearer {self.secret}", "content-type": "application/json"}
        return httpx2.post(f"{self.url}{PATH}", content=body, headers=headers, timeout=60)

    def wire(self, *headers: str) -> bytes:
        """The same as bytes."""
        key = f"authorization: Bearer {self.secret}"
        told = ("content-type: application/json", key, f"content-length: {len(BODY)}")
        return request(PATH, *told, *headers, method="POST", body=BODY)


@contextmanager
def standing_still(stack: Running, name: str) -> Iterator[int]:
    """While it is entered, a service of the stack stands still; its process id."""
    pid = stack.services[name].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_call_in_hand_is_answered_before_it_ends(
    stack: Running, kafka: KafkaSettings, tmp_path: Path
) -> None:
    gateway = GatewayAlone(stack, tmp_path, kafka).wait_ready()
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    with standing_still(stack, "text-classifier") as pid:
        writer.write(gateway.wire())
        await writer.drain()
        await asyncio.sleep(1.0)
        gateway.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(until, lambda: not listens(gateway.port, 5.0), "others are still let in")
        assert gateway.process.poll() is None
        os.kill(pid, signal.SIGCONT)
        status, said = await answer(reader)
    assert (status, json.loads(said)["results"][0]["flagged"]) == (200, False)
    # The connection ends with the answer, and the process with the connection.
    assert await reader.read() == b""
    writer.close()
    assert await asyncio.to_thread(gateway.process.wait, 30) == 0
    gateway.channel.close()


def test_a_decision_that_is_incomplete_is_no_answer(stack: Running, kafka: KafkaSettings, tmp_path: Path) -> None:
    with ended(GatewayAlone(stack, tmp_path, kafka, SLUICE_GATEWAY_DEADLINE_MS="1")) as gateway:
        found = gateway.post()
        assert (found.status_code, found.json()["error"]["code"]) == (503, "incomplete")
        assert gateway.count('sluice_gateway_refused_total{code="incomplete"') == 1


def test_ready_is_who_would_be_answered(stack: Running, kafka: KafkaSettings, tmp_path: Path) -> None:
    with ended(GatewayAlone(stack, tmp_path, kafka)) as gateway:
        with standing_still(stack, "orchestrator"):
            until(lambda: httpx2.get(f"{gateway.url}/readyz").status_code == 503, "it is not ready")
            board = httpx2.get(f"{gateway.url}/readyz").json()
            assert board["ready"] is False
            assert "orchestrator" in board["reasons"]
            assert httpx2.get(f"{gateway.url}/livez").status_code == 200
        until(lambda: httpx2.get(f"{gateway.url}/readyz").status_code == 200, "it is ready again")
        assert gateway.post().status_code == 200


def test_ready_needs_every_check_that_the_policy_requires(
    stack: Running, kafka: KafkaSettings, tmp_path: Path
) -> None:
    told = {"SLUICE_GATEWAY_READY_CHECKS": "0"}
    other = tmp_path / "other"
    other.mkdir()
    with (
        ended(GatewayAlone(stack, tmp_path, kafka)) as gateway,
        ended(GatewayAlone(stack, other, kafka, 1, **told)) as careless,
    ):
        with standing_still(stack, "text-classifier"):
            until(lambda: "checks" in (gateway.reasons() or {}), "it is ready without the text check")
            board = httpx2.get(f"{gateway.url}/readyz").json()
            assert board["reasons"] == {"checks": "nobody answers for text, which the policy requires"}
            assert httpx2.get(f"{careless.url}/readyz").status_code == 200
            # What comes all the same is answered as ever.
            assert gateway.post().status_code == 503
        until(lambda: httpx2.get(f"{gateway.url}/readyz").status_code == 200, "it is ready again")
        assert gateway.post().status_code == 200


def test_without_the_services_that_it_asks_it_is_not_ready_and_passes_nothing(
    stack: Running, kafka: KafkaSettings, tmp_path: Path
) -> None:
    nobody, nowhere = (f"127.0.0.1:{port}" for port in free_ports(2))
    told = {"SLUICE_ORCHESTRATOR_ADDRESS": nobody, "SLUICE_INGEST_ADDRESS": nowhere}
    gateway = GatewayAlone(stack, tmp_path, kafka, 0, **told)
    until(lambda: gateway.reasons() is not None and "HTTP door" in gateway.log.read_text(), "it listens")
    until(lambda: {"orchestrator", "ingest"} == set(gateway.reasons() or ()), "only these are missing")
    found = gateway.post()
    assert (found.status_code, found.json()["error"]["code"]) == (503, "unavailable")
    assert gateway.stop() == 0


def test_the_requests_trace_goes_through_the_door(
    stack: Running, kafka: KafkaSettings, tmp_path: Path, receiver: Receiver
) -> None:
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}"}
    with ended(GatewayAlone(stack, tmp_path, kafka, 0, **told)) as gateway:
        trace = uuid.UUID(gateway.post().headers["x-request-id"]).hex

        def spans() -> dict[str, Got]:
            return {span.name: span for span in got(receiver, trace)}

        wanted = {"POST /v1/moderations", "sluice.v1.Orchestrator/Moderate", "process moderation.requests"}
        until(lambda: wanted <= spans().keys(), "the call and what it caused are told")
        call, moderate = spans()["POST /v1/moderations"], spans()["sluice.v1.Orchestrator/Moderate"]
        assert (call.parent, moderate.parent, spans()["process moderation.requests"].parent) == (
            "",
            call.id,
            moderate.id,
        )


def test_what_it_is_told_wrong_it_names_and_does_not_start(tmp_path: Path) -> None:
    env = {**os.environ, "SLUICE_HOME": str(tmp_path), "SLUICE_GATEWAY_ADDRESS": "nowhere", "SLUICE_API_KEY": "mine"}
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "SLUICE_ORCHESTRATOR_ADDRESS", "SLUICE_INGEST_ADDRESS"):
        env.pop(name, None)
    env["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:1"
    command = [sys.executable, "-m", "gateway"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == EX_CONFIG
    for name in ("SLUICE_GATEWAY_ADDRESS", "SLUICE_ORCHESTRATOR_ADDRESS", "SLUICE_INGEST_ADDRESS", "SLUICE_API_KEY"):
        assert name in done.stderr
    assert "mine" not in done.stderr


def test_two_replicas_give_one_decision(stack: Running, kafka: KafkaSettings, tmp_path: Path) -> None:
    key = str(uuid.uuid4())
    database = str(tmp_path / "keys.db")
    secret = new_secret()
    told = {"SLUICE_GATEWAY_DB": database, "SLUICE_API_KEY": secret}
    with (
        ended(GatewayAlone(stack, tmp_path, kafka, instance=0, **told)) as one,
        ended(GatewayAlone(stack, tmp_path, kafka, instance=1, **told)) as other,
    ):
        headers = {"authorization": f"Bearer {secret}", "idempotency-key": key}
        found = [
            httpx2.post(f"{gateway.url}{PATH}", json={"input": LIGHTHOUSE}, headers=headers, timeout=60).json()
            for gateway in (one, other)
        ]
        assert found[0] == found[1]
        assert found[0]["id"].startswith("modr-")
