"""What `sluice status` says of a service."""

from dataclasses import replace

from sluice.cli.status import Found, collector_lines
from sluice.local.health import Health
from sluice.local.ops import NOTHING, Said
from sluice.local.state import ServiceAt

AT = ServiceAt("127.0.0.1:20001", 17, 0, "127.0.0.1:20002")


def test_a_service_that_is_well_takes_one_line() -> None:
    (line,) = Found(AT, Health.SERVING, NOTHING).lines("ingest", 8)
    assert line == "  ingest    127.0.0.1:20001        SERVING      http://127.0.0.1:20002"


def test_reasons_and_notes_have_lines_of_their_own() -> None:
    said = Said(
        {"models": "no model x: run `sluice models pull`"}, {"policy": "p.yaml:3: unknown field\np.yaml:9: no"}
    )
    lines = list(Found(ServiceAt("a:1", 17, 2), Health.NOT_SERVING, said).lines("ingest", 6))
    assert lines == [
        "  ingest  a:1                    NOT_SERVING    started again 2 times",
        "            not ready: models: no model x: run `sluice models pull`",
        "            note: policy: p.yaml:3: unknown field",
        "            p.yaml:9: no",
    ]


def test_a_door_for_the_world_has_a_line_of_its_own() -> None:
    at = replace(AT, http="127.0.0.1:20003")
    _, line = Found(at, Health.SERVING, NOTHING).lines("provenance", 10)
    assert line == "                http://127.0.0.1:20003 (Soft Binding API)"


def test_json_has_the_same() -> None:
    form = Found(AT, Health.NOT_SERVING, Said({"kafka": "joining"}, {"policy": "broken"})).form()
    assert form == {
        "address": "127.0.0.1:20001",
        "ops": "127.0.0.1:20002",
        "http": "",
        "pid": 17,
        "health": "NOT_SERVING",
        "restarts": 0,
        "reasons": {"kafka": "joining"},
        "notes": {"policy": "broken"},
    }


def test_the_collector_is_told_with_the_address_to_read_from() -> None:
    at = ServiceAt("127.0.0.1:20004", 18, 1, http="127.0.0.1:20005")
    (line,) = collector_lines(Found(at, Health.SERVING, NOTHING), 10)
    assert line == "  collector   127.0.0.1:20004        SERVING      http://127.0.0.1:20005  started again 1 times"
