"""Who may do what, as the table says it."""

import importlib

import pytest

from sluice.bus.access import (
    GROUPS,
    PRINCIPALS,
    REVIEWS_ID,
    Operation,
    Principal,
    Resource,
    check_principal,
    find_principals,
    readers,
    writers,
)
from sluice.bus.clients import READERS_GROUP
from sluice.bus.dead_letters_replay import REPLAYABLE
from sluice.bus.hanging_owners import WRITERS
from sluice.bus.topics import Topic
from sluice.check import Check
from sluice.local.entry_points import service_names

SERVICES = [one for one in PRINCIPALS if one.service]
CHECKS = {
    "text_classifier": "text-classifier",
    "image_classifier": "image-classifier",
    "person_classifier": "person-classifier",
    "hash_matcher": "hash-matcher",
}


def named(name: str) -> Principal:
    (found,) = find_principals([name])
    return found


def test_every_service_has_a_principal_of_its_name_and_no_name_is_there_twice() -> None:
    assert sorted(one.name for one in SERVICES) == service_names()
    assert len({one.name for one in PRINCIPALS}) == len(PRINCIPALS)


@pytest.mark.parametrize(
    ("topic", "by"),
    [
        (Topic.DECISIONS, ("orchestrator",)),
        (Topic.APPROVED, ("orchestrator",)),
        (Topic.REVIEWS, ("orchestrator",)),
        (Topic.INCIDENTS, ("orchestrator",)),
        (Topic.SIGNED, ("c2pa-signer",)),
        (Topic.ACCOUNT_ACTIONS, ("reporter",)),
        (Topic.RELEASES, ("reviewer",)),
        (Topic.RESOLUTIONS, ("reviewer",)),
        (Topic.CONTENTS, ("ingest",)),
        (Topic.CONTENTS_BULK, ("ingest",)),
        (Topic.REQUESTS, ("orchestrator", "generator", "repairer")),
    ],
)
def test_what_is_believed_has_one_writer(topic: Topic, by: tuple[str, ...]) -> None:
    assert writers(topic) == by


def test_only_checks_say_what_they_saw() -> None:
    assert set(writers(Topic.VERDICTS)) == {one.name for one in SERVICES if one.about.startswith("the check")}


@pytest.mark.parametrize("topic", [Topic.REQUESTS, Topic.REQUESTS_BULK, Topic.CONTENTS, Topic.CONTENTS_BULK])
def test_what_people_sent_is_read_by_services_and_reviewers_alone(topic: Topic) -> None:
    assert {name for name in readers(topic) if not named(name).service} <= {"reviewer"}


def test_who_is_banned_is_for_those_alone_who_ban() -> None:
    assert readers(Topic.ACCOUNT_ACTIONS) == ("accounts",)
    assert set(readers(Topic.INCIDENTS)) == {"reporter", "operator", "repairer"}


def test_the_gateway_writes_nothing_joins_nothing_and_reads_no_text() -> None:
    gateway = named("gateway")
    assert not [right for right in gateway.rights if right.operation is Operation.WRITE]
    assert not gateway.places(Operation.READ, Resource.GROUP)
    assert set(gateway.places(Operation.READ, Resource.TOPIC)) == {Topic.VERDICTS, Topic.DECISIONS, Topic.SIGNED}


def test_every_topic_is_written_and_read_by_somebody() -> None:
    for topic in Topic:
        assert writers(topic)
        assert readers(topic)


def test_whoever_writes_in_transactions_may_write_all_that_it_can_leave_hanging() -> None:
    for topic, groups in WRITERS.items():
        for group in groups:
            (one,) = [
                one for one in SERVICES if f"{group}-*" in one.places(Operation.WRITE, Resource.TRANSACTIONAL_ID)
            ]
            assert one.writes(topic)
            assert group in one.places(Operation.READ, Resource.GROUP)


def test_no_service_has_a_right_on_the_cluster_and_only_one_principal_has_any() -> None:
    assert [one.name for one in PRINCIPALS if any(r.resource is Resource.CLUSTER for r in one.rights)] == ["access"]


def test_groups_and_ids_of_ours_begin_alike_so_that_they_can_be_watched_together() -> None:
    for one in SERVICES:
        for resource in (Resource.GROUP, Resource.TRANSACTIONAL_ID):
            for right in (right for right in one.rights if right.resource is resource):
                assert right.name.startswith(GROUPS)
    assert REVIEWS_ID.startswith(GROUPS)
    assert READERS_GROUP.startswith(GROUPS)


@pytest.mark.parametrize(("package", "service"), CHECKS.items())
def test_a_check_reads_with_the_group_that_its_service_joins(package: str, service: str) -> None:
    module = importlib.import_module(f"{package}.check")
    (check,) = [
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Check) and getattr(found, "service_name", "") == service
    ]
    assert named(service).places(Operation.READ, Resource.GROUP) == (f"sluice-{check.name}",)


def test_a_check_of_yours_has_the_rights_of_ours() -> None:
    yours, ours = check_principal("blank-detector", "blank"), named("hash-matcher")
    assert yours.places(Operation.READ, Resource.GROUP) == ("sluice-blank",)
    assert yours.places(Operation.WRITE, Resource.TOPIC) == ours.places(Operation.WRITE, Resource.TOPIC)


def test_the_operator_writes_nothing_and_the_repairer_no_more_than_requests() -> None:
    assert named("operator").places(Operation.WRITE, Resource.TOPIC) == ()
    wanted = {Topic.REQUESTS, Topic.REQUESTS_BULK}
    assert set(named("repairer").places(Operation.WRITE, Resource.TOPIC)) == wanted
    assert wanted < REPLAYABLE


def test_a_name_that_nobody_has_is_told() -> None:
    with pytest.raises(KeyError, match="nobody"):
        find_principals(["ingest", "nobody"])
