"""Whose transaction can hang where."""

import pytest

import c2pa_signer.service
import ingest.service
import orchestrator.service
from sluice.bus.hanging import GroupOffset, LogEnd, Place
from sluice.bus.hanging_owners import GROUPS, INGEST, ORCHESTRATOR, SIGNER, WRITERS, Slot, likely_first, writers
from sluice.bus.topics import Topic

STRANGERS = {
    Topic.REQUESTS,
    Topic.REQUESTS_BULK,
    Topic.RELEASES,
    Topic.VERDICTS,
    Topic.RESOLUTIONS,
    Topic.SHADOW,
    Topic.ACCOUNT_ACTIONS,
}


def test_groups_are_called_as_the_services_call_them() -> None:
    assert ORCHESTRATOR == orchestrator.service.GROUP
    assert INGEST == ingest.service.GROUP
    assert SIGNER == c2pa_signer.service.GROUP


def test_every_topic_has_writers_or_is_a_strangers() -> None:
    assert set(WRITERS) | STRANGERS == set(Topic)
    assert not set(WRITERS) & STRANGERS
    assert {group for groups in WRITERS.values() for group in groups} == set(GROUPS)


@pytest.mark.parametrize(
    ("place", "groups"),
    [
        (LogEnd("moderation.decisions", 0), (ORCHESTRATOR,)),
        (LogEnd("moderation.requests", 0), ()),
        (LogEnd("moderation.dead-letters", 0), (ORCHESTRATOR, INGEST, SIGNER)),
        (GroupOffset(SIGNER, "assets.approved", 0), (SIGNER,)),
    ],
)
def test_who_can_have_written_there(place: Place, groups: tuple[str, ...]) -> None:
    assert writers(place) == groups


def slot(group: str, name: str, *partitions: int, alive: bool = True) -> Slot:
    return Slot(group, f"{group}-{name}", alive, frozenset(partitions))


def test_the_replica_that_holds_the_partition_number_comes_first() -> None:
    slots = [slot(ORCHESTRATOR, "0", 0, 1), slot(ORCHESTRATOR, "1", 2, 3), slot(INGEST, "0", 3)]
    ordered = likely_first(slots, [LogEnd(Topic.DECISIONS, 3)])
    assert [each.transactional_id for each in ordered] == ["sluice-orchestrator-1", "sluice-orchestrator-0"]


def test_a_replica_that_was_named_comes_before_those_that_live() -> None:
    slots = [slot(ORCHESTRATOR, "0", 3), slot(ORCHESTRATOR, "gone", alive=False)]
    ordered = likely_first(slots, [LogEnd(Topic.DECISIONS, 3)])
    assert [each.transactional_id for each in ordered] == ["sluice-orchestrator-gone", "sluice-orchestrator-0"]


def test_the_group_that_must_have_written_comes_before_one_that_may_have() -> None:
    slots = [slot(INGEST, "0", 3), slot(SIGNER, "0")]
    ordered = likely_first(slots, [LogEnd(Topic.DEAD_LETTERS, 3), LogEnd(Topic.SIGNED, 0)])
    assert [each.group for each in ordered] == [SIGNER, INGEST]
