"""asyncapi.yaml tells of the topics as the code has them."""

import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import descriptor_pool

from sluice.bus.access import readers, writers
from sluice.bus.topics import CHOSEN_BY_CLIENTS, TOPICS, Topic, TopicSpec
from sluice.settings import KAFKA_SECRETS, KAFKA_VARIABLES
from sluice.telemetry.attributes import TRACE_HEADERS

ROOT = Path(__file__).parents[2]
DOCUMENT: Mapping[str, Any] = yaml.safe_load((ROOT / "asyncapi.yaml").read_text())
CHANNELS: Mapping[str, Any] = DOCUMENT["channels"]
GOES_BY_THE_ID = CHOSEN_BY_CLIENTS | {Topic.RELEASES}
"""What ingest reads: it does not care on which partition a record lies."""


def followed(node: Any) -> Any:
    """The node that a `$ref` into this document names, or the node itself."""
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def messages(topic: str) -> Iterator[Any]:
    """A channel's messages with their traits applied."""
    for reference in CHANNELS[topic].get("messages", {}).values():
        whole: dict[str, Any] = {}
        message = followed(reference)
        for trait in message["traits"]:
            whole |= followed(trait)
        yield whole | message


def references(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_it_is_asyncapi_3_and_every_reference_leads_somewhere() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    found = list(references(DOCUMENT))
    assert found
    assert all(followed(reference) for reference in found)


def test_its_channels_are_the_topics() -> None:
    assert set(CHANNELS) == set(Topic)
    assert all(channel["address"] == name for name, channel in CHANNELS.items())


@pytest.mark.parametrize("spec", TOPICS, ids=lambda spec: spec.topic)
def test_retention_and_size_are_those_of_the_table(spec: TopicSpec) -> None:
    told = dict(CHANNELS[spec.topic]["bindings"]["kafka"]["topicConfiguration"])
    settings = spec.settings(replication=1)
    assert told.pop("cleanup.policy") == [settings["cleanup.policy"]]
    assert told == {name: int(settings[name]) for name in ("retention.ms", "max.message.bytes")}


@pytest.mark.parametrize("topic", Topic)
def test_every_payload_is_a_message_of_the_contract(topic: Topic) -> None:
    found = list(messages(topic))
    assert len(found) == 1
    for message in found:
        assert message["contentType"] == "application/x-protobuf"
        assert set(followed(message["headers"])["properties"]) == set(TRACE_HEADERS)
        assert "key" in message["bindings"]["kafka"]
        name = message["payload"]["x-protobuf"]
        assert name in known_messages()


def known_messages() -> set[str]:
    """Full names of the messages of every file in protos/."""
    pool = descriptor_pool.Default()
    names: set[str] = set()
    for path in (ROOT / "protos" / "sluice" / "v1").glob("*.proto"):
        importlib.import_module(f"sluice.v1.{path.stem}_pb2")
        names |= {f"sluice.v1.{name}" for name in pool.FindFileByName(f"sluice/v1/{path.name}").message_types_by_name}
    return names


@pytest.mark.parametrize("topic", Topic)
def test_who_chooses_the_partition(topic: Topic) -> None:
    told = CHANNELS[topic]["x-partition"]
    others = {Topic.DEAD_LETTERS: "that of the record", Topic.ACCOUNT_ACTIONS: "murmur2(key)"}
    assert told == ("client" if topic in GOES_BY_THE_ID else others.get(topic, "murmur2(request id)"))


@pytest.mark.parametrize("topic", Topic)
def test_writers_and_readers_are_those_of_the_table_of_access(topic: Topic) -> None:
    assert CHANNELS[topic]["x-writers"] == list(writers(topic))
    assert CHANNELS[topic]["x-readers"] == list(readers(topic))


def test_every_secured_server_says_how_to_log_in() -> None:
    schemes = {name: followed(one)["type"] for name, one in DOCUMENT["components"]["securitySchemes"].items()}
    assert schemes == {"scram": "scramSha512", "certificate": "X509"}
    secured = {name: server for name, server in DOCUMENT["servers"].items() if server["protocol"] == "kafka-secure"}
    assert [followed(one)["type"] for server in secured.values() for one in server["security"]] == [
        "scramSha512",
        "X509",
    ]
    told = " ".join(one["description"] for one in DOCUMENT["components"]["securitySchemes"].values())
    assert set(re.findall(r"KAFKA_[A-Z_]+", told)) <= KAFKA_VARIABLES.keys() | KAFKA_SECRETS.keys()


def test_only_the_orchestrator_approves_and_only_the_signer_signs() -> None:
    assert CHANNELS[Topic.APPROVED]["x-writers"] == CHANNELS[Topic.DECISIONS]["x-writers"] == ["orchestrator"]
    assert CHANNELS[Topic.SIGNED]["x-writers"] == ["c2pa-signer"]
