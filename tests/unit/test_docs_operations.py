"""docs/operations.md names every setting with its default, and every topic with its retention, as the code does."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from c2pa_signer.settings import read_signer_settings
from gateway.follower_settings import read_follower_settings
from gateway.settings import read_gateway_settings
from hash_matcher.required import read_bank_settings
from image_classifier.settings import read_image_settings
from ingest.settings import read_ingest_settings
from orchestrator.service import OrchestratorService
from person_classifier.rule import ADULT_AGE
from provenance.settings import read_provenance_settings
from reporter.settings import read_reporter_settings
from sluice.bus.topics import DAY_MS, HOUR_MS, MIB, TOPICS
from sluice.host.door_settings import read_door
from sluice.host.faults import read_faults
from sluice.local.entry_points import service_names
from sluice.local.plan import read_partitions
from sluice.models.engine import read_engine
from sluice.names.opened import read_name_lists
from sluice.settings import KAFKA_VARIABLES, Reader, read_settings
from sluice.v1.dead_letter_pb2 import DeadLetterReason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
VARIABLE = re.compile(r"(?:SLUICE|KAFKA)_[A-Z0-9_]+")
READ_BY_THE_CHECK = {"SLUICE_PERSON_ADULT_AGE": str(ADULT_AGE)}
"""Read while a model is loaded, which this test does not do."""


def settings_rows() -> dict[str, str]:
    """Variable -> its default as the page has it, from the tables."""
    return dict(re.findall(r"^\| `((?:SLUICE|KAFKA)_[A-Z0-9_]+)` \| ([^|]+?) \|", PAGE, re.MULTILINE))


def literal_defaults() -> dict[str, str]:
    """Variable -> default, where the default is a value that the variable itself could have."""
    return {name: told.strip("`") for name, told in settings_rows().items() if re.fullmatch(r"`[^`]+`", told)}


def variables_in_code() -> set[str]:
    """Every string constant in services/ that is the name of a variable."""
    return {
        node.value
        for path in (ROOT / "services").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }


def test_every_variable_has_a_row_and_every_row_a_variable() -> None:
    assert settings_rows().keys() == variables_in_code()


def test_kafka_variables_are_told_with_their_property() -> None:
    for name, prop in KAFKA_VARIABLES.items():
        if name != "KAFKA_BOOTSTRAP_SERVERS":
            (row,) = re.findall(rf"^\| `{name}` .*$", PAGE, re.MULTILINE)
            assert f"`{prop}`" in row


class Environment(dict[str, str]):
    """An environment that notes what was asked of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default or "")


def everything(env: Environment) -> Iterator[object]:
    """What every service makes of an environment."""
    reader = Reader(env)
    settings = read_settings(reader, env)
    orchestrator = OrchestratorService()
    orchestrator.configure(reader, env)
    yield settings
    yield read_ingest_settings(reader, settings)
    yield read_engine(reader)
    yield read_name_lists(reader, settings.home)
    yield read_bank_settings(reader, settings.home)
    yield read_image_settings(reader)
    yield read_signer_settings(reader, settings.home)
    yield read_partitions(reader)
    yield read_faults(reader, "text-classifier")
    yield read_door(reader, settings.grpc_address)
    yield read_provenance_settings(reader, settings.home)
    yield read_reporter_settings(reader, env)
    yield read_gateway_settings(reader, settings.home)
    yield read_follower_settings(reader)
    yield orchestrator._remember
    reader.finish()


def test_setting_a_variable_to_its_default_changes_nothing() -> None:
    asked = {"SLUICE_ORCHESTRATOR_ADDRESS": "orchestrator:50051", "SLUICE_INGEST_ADDRESS": "ingest:50051"}
    broker = {"KAFKA_BOOTSTRAP_SERVERS": "broker:9092", **asked}
    told = literal_defaults()
    with_defaults = Environment(broker | told)
    assert list(everything(with_defaults)) == list(everything(Environment(broker)))
    assert told.keys() - with_defaults.asked == READ_BY_THE_CHECK.keys()
    assert READ_BY_THE_CHECK.items() <= told.items()


def test_every_topic_is_told_with_its_retention() -> None:
    row = re.compile(r"^\| `([a-z.-]+)` \| (\d+ [hd]) \| (\d+ MiB) \| (.+) \|$", re.MULTILINE)
    assert row.findall(PAGE) == [
        (spec.topic, _span(spec.retention_ms), f"{spec.max_message_bytes // MIB} MiB", spec.holds) for spec in TOPICS
    ]


def _span(milliseconds: int) -> str:
    days = milliseconds // DAY_MS
    return f"{days} d" if days else f"{milliseconds // HOUR_MS} h"


def test_every_service_is_told() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (?:`sluice-[a-z0-9_-]+`|none) \|", PAGE, re.MULTILINE)
    assert sorted(rows) == service_names()


def test_every_reason_for_a_dead_letter_is_told() -> None:
    for name, number in DeadLetterReason.items():
        if number:
            assert f"| `{name.removeprefix('DEAD_LETTER_REASON_')}` |" in PAGE
