"""docs/kafka-security.md has the table as the code has it, and every variable that it speaks of."""

import re
from pathlib import Path

from sluice.bus.access import PRINCIPALS, Operation, Principal, Resource
from sluice.settings import KAFKA_SECRETS, KAFKA_VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "kafka-security.md").read_text()


def cells(one: Principal) -> str:
    """The principal's row."""

    def told(operation: Operation, resource: Resource) -> str:
        return ", ".join(f"`{place}`" for place in one.places(operation, resource))

    writes = told(Operation.WRITE, Resource.TOPIC)
    reads = told(Operation.READ, Resource.TOPIC)
    groups = told(Operation.READ, Resource.GROUP)
    ids = told(Operation.WRITE, Resource.TRANSACTIONAL_ID)
    return f"| `{one.name}` | {writes} | {reads} | {groups} | {ids} |"


def test_the_table_is_the_code_s() -> None:
    rows = re.findall(r"^\| `[a-z0-9-]+` \| .*$", PAGE, re.MULTILINE)
    assert rows == [cells(one) for one in PRINCIPALS]


def test_what_is_described_beside_is_told() -> None:
    told = {
        Operation.DESCRIBE: {"operator", "repairer", "scaler", "topics", "access"},
        Operation.DESCRIBE_CONFIGS: {"operator", "repairer"},
        Operation.CREATE: {"topics", "access"},
        Operation.ALTER_CONFIGS: {"topics", "access"},
    }
    for operation, names in told.items():
        assert {one.name for one in PRINCIPALS if one.places(operation, Resource.TOPIC)} == names
        (line,) = re.findall(rf"^- \*\*{operation.value}\*\* on topics: (.*)\.$", PAGE, re.MULTILINE)
        assert set(re.findall(r"`([a-z-]+)`", line)) == names


def test_it_names_no_variable_that_there_is_not() -> None:
    assert set(re.findall(r"KAFKA_[A-Z_]+[A-Z]", PAGE)) <= KAFKA_VARIABLES.keys() | KAFKA_SECRETS.keys()
