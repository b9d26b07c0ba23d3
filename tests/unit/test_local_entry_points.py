"""The installed services, by name."""

import sys

import pytest

from sluice.errors import TerminalError
from sluice.local.entry_points import OPTIONAL, load_service, service_commands, service_names, told_where, with_asked


def test_the_main_line_of_services_is_installed() -> None:
    assert {"ingest", "text-classifier", "image-text-classifier", "image-classifier", "person-classifier"} <= set(
        service_names()
    )
    assert {"hash-matcher", "orchestrator", "c2pa-signer"} <= set(service_names())


def test_each_is_a_process_of_its_own() -> None:
    command = service_commands()["ingest"]
    assert command == [sys.executable, "-m", "sluice.cli.main", "serve", "ingest"]


def test_a_service_can_be_left_out() -> None:
    assert service_commands(["hash-matcher"]).keys() == set(service_names()) - {"hash-matcher", *OPTIONAL}


def test_who_asks_a_service_is_left_out_with_it() -> None:
    assert service_commands(["ingest"]).keys() == set(service_names()) - {"ingest", "gateway", *OPTIONAL}


def test_who_asks_a_service_is_told_where_it_is() -> None:
    at = {"orchestrator": "127.0.0.1:1", "ingest": "127.0.0.1:2", "gateway": "127.0.0.1:3"}
    told = {"SLUICE_ORCHESTRATOR_ADDRESS": "127.0.0.1:1", "SLUICE_INGEST_ADDRESS": "127.0.0.1:2"}
    assert told_where("gateway", at) == told
    assert told_where("ingest", at) == {}


def test_whom_a_service_asks_comes_with_it_once() -> None:
    assert with_asked(["reporter", "gateway"]) == ["reporter", "gateway", "orchestrator", "ingest"]
    assert with_asked(["ingest", "gateway"]) == ["ingest", "gateway", "orchestrator"]
    assert with_asked([]) == []


def test_an_optional_service_is_there_where_its_variable_says_what_for() -> None:
    assert OPTIONAL.keys() <= set(service_names())
    for name, variable in OPTIONAL.items():
        assert name in service_commands((), {variable: "some.yaml"})
        assert name not in service_commands((), {variable: ""})
        assert name not in service_commands([name], {variable: "some.yaml"})


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(TerminalError, match=r"'nobody'; there are: .*ingest"):
        service_commands(["nobody"])
    with pytest.raises(TerminalError, match="no service is called 'nobody'"):
        load_service("nobody")
