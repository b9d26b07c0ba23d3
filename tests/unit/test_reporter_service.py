"""What the service is called, and that it does not start with nonsense."""

from pathlib import Path

import pytest

import reporter.service
from reporter.__main__ import main
from reporter.service import ReporterService
from sluice.bus.access import find_principals
from sluice.bus.topics import Topic
from sluice.errors import EX_CONFIG
from sluice.local.entry_points import load_service, service_names
from sluice.v1 import reporter_pb2


def test_names_agree() -> None:
    service = ReporterService()
    assert service.name in service_names()
    assert load_service(service.name) is main
    assert f"sluice-{service.name}" == reporter.service.GROUP
    assert service.rpc == reporter_pb2.DESCRIPTOR.services_by_name["Reporter"].full_name


def test_it_may_read_and_write_what_it_does_and_nothing_else() -> None:
    (principal,) = find_principals([ReporterService.name])
    assert [topic for topic in Topic if principal.reads(topic)] == [Topic.INCIDENTS]
    assert {topic for topic in Topic if principal.writes(topic)} == {Topic.ACCOUNT_ACTIONS, Topic.DEAD_LETTERS}


def test_a_wrong_configuration_names_all_its_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = {
        "SLUICE_HOME": str(tmp_path),
        "SLUICE_REPORTER_HOLD": "perhaps",
        "SLUICE_VAULT_KEY": "no address",
        "SLUICE_TIPLINE_URL": "http://127.0.0.1:1/ispws",
    }
    assert main(env) == EX_CONFIG
    told = capsys.readouterr().err
    for name in (
        "KAFKA_BOOTSTRAP_SERVERS",
        "SLUICE_REPORTER_HOLD",
        "SLUICE_VAULT_KEY",
        "SLUICE_TIPLINE_USER_FILE",
        "SLUICE_REPORTER_EMAIL",
    ):
        assert f"reporter: {name}" in told
