"""One real stack for all integration tests: real Apache Kafka, real models, every service a process of its own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from sluice.local.entry_points import service_commands
from sluice.local.state import Running
from sluice.local.temporary import temporary
from sluice.settings import KafkaSettings
from tests.integration.client import Client
from tests.unit.otlp_receiver import Receiver, receiving

DEFAULT_POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"
NAME_LISTS = DEFAULT_POLICY.parent / "lists"
REVIEW_RULE = """  - {id: held-tenant, action: REVIEW, when: 'tenant == "held"'}"""
"""The default policy has no REVIEW rule; the tests' stack has one for one tenant."""
SHADOW_RULE = """  - {id: stricter, action: BLOCK, when: 'tenant == "shadowed" && score("violence") >= 0.0000001'}"""
"""What the shadow policy has beside the live one: a low threshold, for one tenant."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SLUICE_HOME of the tests' own."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Gets every span of the stack."""
    with receiving() as found:
        yield found


@pytest.fixture(scope="session")
def stack(home: Path, receiver: Receiver) -> Iterator[Running]:
    """The running stack."""
    lines: list[str] = []
    policy = home / "policy.yaml"
    text = DEFAULT_POLICY.read_text().replace("\nrules:\n", f"\nrules:\n{REVIEW_RULE}\n")
    # A test asks for a deadline that nobody can keep.
    policy.write_text(text.replace("    max_deadline:", "    min_deadline: 1ms\n    max_deadline:"))
    shadow = home / "shadow.yaml"
    shadow.write_text(policy.read_text().replace("\nrules:\n", f"\nrules:\n{SHADOW_RULE}\n"))
    # Debug lines too: none of them may hold content.
    lists = home / "lists"
    shutil.copytree(NAME_LISTS, lists)
    told = {"SLUICE_POLICY": str(policy), "SLUICE_SHADOW_POLICY": str(shadow), "SLUICE_LOG_LEVEL": "debug"}
    told |= {"SLUICE_NAME_LISTS": str(lists), "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}"}
    env = {**os.environ, **told}
    with temporary(home, env, service_commands((), env), lines.append) as running:
        yield running


@pytest.fixture(scope="session")
def logs(stack: Running) -> Path:
    """Where the services write their logs."""
    return Path(stack.object_store.removeprefix("file://")).parent / "logs"


@pytest.fixture(scope="session")
def kafka(stack: Running) -> KafkaSettings:
    """The stack's broker."""
    return KafkaSettings({"bootstrap.servers": stack.kafka})


@pytest.fixture(scope="session")
def client(stack: Running) -> Iterator[Client]:
    """The gRPC doors."""
    channels = {name: grpc.insecure_channel(at.address) for name, at in stack.services.items()}
    yield Client(channels)
    for channel in channels.values():
        channel.close()
