"""The broker's own configuration, as text."""

import base64
from pathlib import Path

from sluice.local.kafka import new_cluster_id, server_properties


def test_every_listener_is_on_the_loopback_interface() -> None:
    lines = server_properties(Path("/data"), 21000, 21001).splitlines()
    settings = dict(line.split("=", 1) for line in lines)
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:21000,CONTROLLER://127.0.0.1:21001"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:21000"
    assert settings["log.dirs"] == "/data"
    assert settings["auto.create.topics.enable"] == "false"


def test_cluster_ids_are_sixteen_bytes_and_no_option() -> None:
    ids = {new_cluster_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(base64.urlsafe_b64decode(text + "==")) == 16 and not text.startswith("-") for text in ids)
