"""How a cluster's ACLs differ from the table."""

import pytest

from sluice.bus.access import CLUSTER, PRINCIPALS, Operation, Resource, Right
from sluice.bus.access_acls import Grant, Naming, compare, wanted
from sluice.bus.topics import Topic

PLAIN = Naming()
WRITE = Right(Resource.TOPIC, Topic.DECISIONS.value, Operation.WRITE)


def test_an_empty_cluster_lacks_everything_and_one_as_the_table_says_nothing() -> None:
    empty = compare([], PRINCIPALS, PLAIN)
    assert set(empty.created) == set(wanted(PRINCIPALS, PLAIN))
    assert not empty.existing
    whole = compare(wanted(PRINCIPALS, PLAIN), PRINCIPALS, PLAIN)
    assert (whole.created, whole.superfluous, whole.strangers, whole.denied) == ((), (), (), ())


def test_a_name_has_what_stands_before_and_behind_it() -> None:
    naming = Naming("CN=", ",O=acme")
    assert {one.user for one in wanted(PRINCIPALS[:1], naming)} == {"User:CN=ingest,O=acme"}
    # Under other names the same grants are a stranger's.
    assert compare(wanted(PRINCIPALS, PLAIN), PRINCIPALS, naming).strangers


def test_what_one_of_ours_has_beyond_the_table_is_superfluous() -> None:
    more = Grant.of("User:text-classifier", WRITE)
    found = compare([*wanted(PRINCIPALS, PLAIN), more], PRINCIPALS, PLAIN)
    assert found.superfluous == (more,)
    assert str(more) == "User:text-classifier may Write topic moderation.decisions"


def test_strangers_who_may_write_what_is_believed_are_told() -> None:
    everything = Grant("User:bob", Resource.TOPIC, "*", "All")
    prefix = Grant("User:eve", Resource.TOPIC, "assets.", "Write", prefixed=True)
    asks = Grant("User:app", Resource.TOPIC, Topic.REQUESTS.value, "Write")
    reads = Grant("User:ann", Resource.TOPIC, Topic.DECISIONS.value, "Read")
    theirs = Grant("User:ann", Resource.GROUP, "ann-", "All", prefixed=True)
    found = compare([everything, prefix, asks, reads, theirs], PRINCIPALS, PLAIN)
    assert found.strangers == (everything, prefix)


@pytest.mark.parametrize(
    ("resource", "name", "prefixed", "operation"),
    [
        (Resource.CLUSTER, CLUSTER, False, "Alter"),
        (Resource.CLUSTER, "*", False, "All"),
        (Resource.TOPIC, Topic.DECISIONS.value, False, "Alter"),
        (Resource.TOPIC, Topic.DECISIONS.value, False, "Delete"),
        (Resource.TOPIC, "moderation", True, "AlterConfigs"),
        (Resource.TRANSACTIONAL_ID, "sluice-orchestrator-0", False, "Write"),
        (Resource.TRANSACTIONAL_ID, "sluice-orchestrator-0-", True, "All"),
        (Resource.TRANSACTIONAL_ID, "sl", True, "Write"),
        (Resource.GROUP, "sluice-orchestrator", False, "Read"),
        (Resource.GROUP, "*", False, "Delete"),
    ],
)
def test_strangers_who_may_take_over_what_is_ours_are_told(
    resource: Resource, name: str, prefixed: bool, operation: str
) -> None:
    one = Grant("User:eve", resource, name, operation, prefixed)
    assert compare([one], PRINCIPALS, PLAIN).strangers == (one,)
    deny = Grant("User:eve", resource, name, operation, prefixed, allow=False)
    assert compare([deny], PRINCIPALS, PLAIN).strangers == ()


def test_what_touches_nothing_of_ours_is_no_strangers() -> None:
    others = [
        Grant("User:app", Resource.CLUSTER, CLUSTER, "Describe"),
        Grant("User:app", Resource.GROUP, "sluice-orchestrator", "Describe"),
        Grant("User:app", Resource.GROUP, "sluice-orchestrators", "Read"),
        Grant("User:app", Resource.TRANSACTIONAL_ID, "sluice-orchestrator", "Write"),
        Grant("User:app", Resource.TOPIC, Topic.DECISIONS.value, "Describe"),
        Grant("User:app", Resource.TOPIC, "moderation.decisions.of-ours", "Delete"),
    ]
    assert compare(others, PRINCIPALS, PLAIN).strangers == ()


def test_what_is_forbidden_is_told_and_left_alone() -> None:
    deny = Grant("User:*", Resource.TOPIC, Topic.SIGNED.value, "Read", allow=False)
    elsewhere = Grant("User:*", Resource.TOPIC, "payments", "All", allow=False)
    found = compare([deny, elsewhere], PRINCIPALS, PLAIN)
    assert found.denied == (deny,)
    assert not found.superfluous
