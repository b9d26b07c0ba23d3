"""Whose transaction may hang where: which groups write a topic in transactions, and under which ids.

A worker that writes in transactions has one transactional id per replica, its static member id: `<group>-<instance>`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaException

from sluice.bus.clients import admin_client
from sluice.bus.hanging import GroupOffset, Place
from sluice.bus.problems import words
from sluice.bus.topics import Topic
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings

ORCHESTRATOR: Final = "sluice-orchestrator"
INGEST: Final = "sluice-ingest"
SIGNER: Final = "sluice-c2pa-signer"

WRITERS: Final[Mapping[Topic, tuple[str, ...]]] = {
    Topic.CONTENTS: (INGEST,),
    Topic.CONTENTS_BULK: (INGEST,),
    Topic.DECISIONS: (ORCHESTRATOR,),
    Topic.REVIEWS: (ORCHESTRATOR,),
    Topic.INCIDENTS: (ORCHESTRATOR,),
    Topic.APPROVED: (ORCHESTRATOR,),
    Topic.SIGNED: (SIGNER,),
    Topic.DEAD_LETTERS: (ORCHESTRATOR, INGEST, SIGNER),
}
"""Topic -> groups that write it in transactions. Whatever hangs on any other topic is a stranger's."""

GROUPS: Final = (ORCHESTRATOR, INGEST, SIGNER)
"""The groups whose offsets are committed in transactions."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One replica of a group. `alive`: it is a member now. `partitions`: the partition numbers that it holds."""

    group: str
    transactional_id: str
    alive: bool
    partitions: frozenset[int] = frozenset()


def writers(place: Place) -> tuple[str, ...]:
    """The groups whose transaction can stand in the way there; none: it is a stranger's."""
    if isinstance(place, GroupOffset):
        return (place.group,)
    return next((groups for topic, groups in WRITERS.items() if topic == place.topic), ())


def find_slots(
    kafka: KafkaSettings, groups: Sequence[str], instances: Sequence[str], seconds: float
) -> Sequence[Slot]:
    """The replicas of the groups: their members now, and those that are named; "0" where a group has neither.

    Raises RetryableError where the broker does not answer.
    """
    admin = admin_client(kafka)
    found: list[Slot] = []
    try:
        for group, answer in admin.describe_consumer_groups(list(groups), request_timeout=seconds).items():
            members = [
                Slot(
                    group,
                    member.group_instance_id,
                    alive=True,
                    partitions=frozenset(tp.partition for tp in member.assignment.topic_partitions),
                )
                for member in answer.result().members
                if member.group_instance_id
            ]
            known = {slot.transactional_id for slot in members}
            named = [f"{group}-{instance}" for instance in instances]
            named = named if named or members else [f"{group}-0"]
            found += members
            found += [Slot(group, name, alive=False) for name in dict.fromkeys(named) if name not in known]
    except KafkaException as error:
        raise RetryableError(f"groups at {kafka.bootstrap}: {words(error.args[0])}") from error
    return found


def likely_first(slots: Sequence[Slot], places: Sequence[Place]) -> list[Slot]:
    """Those that can have written there, the likeliest first: who was named, then who holds the partition number now.

    A wrong guess costs its process a restart, so the order matters.
    """
    wanted = {group for place in places for group in writers(place)}
    held = {place.partition for place in places}

    def rank(slot: Slot) -> tuple[bool, bool, int, str]:
        # A topic that several groups write says less than one that a single group does.
        guess = all(writers(place) != (slot.group,) for place in places)
        return slot.alive, guess, -len(slot.partitions & held), slot.transactional_id

    return sorted((slot for slot in slots if slot.group in wanted), key=rank)
