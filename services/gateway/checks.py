"""Whether the checks that a moderation takes are there, by what the broker says of their consumer groups.

A check that is ready reads for its group; one that is dead or stands still loses its partitions with its session, and
one that has not loaded its model has none yet. So nobody has to reach the checks themselves.
"""

import asyncio
import concurrent.futures
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConsumerGroupDescription

from gateway.readiness import Condition
from sluice.bus.access import GROUPS
from sluice.bus.problems import is_refusal, words
from sluice.bus.topics import Topic
from sluice.errors import RetryableError
from sluice.policy.model import Policy
from sluice.v1.request_pb2 import STAGE_PROMPT

NAME: Final = "checks"
_ASK_SECONDS: Final = 1.5
_CHANGING: Final = (ConsumerGroupState.PREPARING_REBALANCING, ConsumerGroupState.COMPLETING_REBALANCING)


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group. `changing`: its partitions are being dealt out anew. `members`: how many there are;
    `reads`: one of them has a partition of prompts' contents."""

    changing: bool
    members: int
    reads: bool


def required(policy: Policy | None) -> frozenset[str]:
    """The checks that a moderation may wait for; none where the policy is not known."""
    stage = policy.stages.get(STAGE_PROMPT) if policy is not None else None
    if stage is None:
        return frozenset()
    return frozenset(check for checks in stage.checks.values() for check in checks)


class Present:
    """Which checks are there."""

    def __init__(self) -> None:
        self._there: frozenset[str] = frozenset()

    def absent(self, checks: Collection[str], groups: Mapping[str, Group]) -> list[str]:
        """Those that nobody answers for. Where partitions are dealt out anew, nothing has changed yet: a replica that
        comes or goes does not take the others' work away."""
        self._there = frozenset(check for check in checks if self._is_there(check, groups.get(check)))
        return sorted(set(checks) - self._there)

    def _is_there(self, check: str, group: Group | None) -> bool:
        if group is None:
            return False
        return group.reads or (group.changing and group.members > 0 and check in self._there)


def there(admin: AdminClient, policy: Callable[[], Policy | None]) -> Condition:
    """Every check that the policy requires of prompts and uploads is there."""
    present = Present()

    async def ask() -> None:
        checks = required(policy())
        groups = await asyncio.to_thread(_groups, admin, checks) if checks else {}
        if absent := present.absent(checks, groups):
            raise RetryableError(f"nobody answers for {', '.join(absent)}, which the policy requires")

    return Condition(NAME, ask)


def _groups(admin: AdminClient, checks: Iterable[str]) -> Mapping[str, Group]:
    """By check. RetryableError where the broker does not say."""
    names = {f"{GROUPS}{check}": check for check in checks}
    try:
        asked = admin.describe_consumer_groups(sorted(names), request_timeout=_ASK_SECONDS)
        return {names[name]: group for name, found in asked.items() if (group := _group(found)) is not None}
    except KafkaException as error:
        cause = error.args[0]
        said = words(cause) if is_refusal(cause) else f"the broker does not say: {cause.name()}"
        raise RetryableError(f"whether the checks are there cannot be told: {said}") from error


def _group(asked: "concurrent.futures.Future[ConsumerGroupDescription]") -> Group | None:
    """None where there is no such group: brokers from 4.0 on say so by an error."""
    try:
        found = asked.result()
    except KafkaException as error:
        if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
            return None
        raise
    reads = any(
        place.topic == Topic.CONTENTS
        for member in found.members
        if member.assignment is not None
        for place in member.assignment.topic_partitions
    )
    return Group(found.state in _CHANGING, len(found.members), reads)
