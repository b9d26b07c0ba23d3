"""The topics: names, how long each keeps its records, how large a record may be; and how they come to be.

Retention counts from the broker's append time, which `message.timestamp.type=LogAppendTime` makes the only clock
that the semantics know (a stranger's own timestamps decide nothing). Bytes are kept for hours, what was decided
for weeks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MIB: Final = 1 << 20


class Topic(StrEnum):
    """Every topic of ours."""

    REQUESTS = "moderation.requests"
    REQUESTS_BULK = "moderation.requests.bulk"
    CONTENTS = "moderation.contents"
    CONTENTS_BULK = "moderation.contents.bulk"
    VERDICTS = "moderation.verdicts"
    DECISIONS = "moderation.decisions"
    REVIEWS = "moderation.reviews"
    RELEASES = "moderation.releases"
    RESOLUTIONS = "moderation.resolutions"
    SHADOW = "moderation.shadow"
    INCIDENTS = "moderation.incidents"
    DEAD_LETTERS = "moderation.dead-letters"
    APPROVED = "assets.approved"
    SIGNED = "assets.signed"
    ACCOUNT_ACTIONS = "accounts.actions"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a topic is created with. `retention_ms`: milliseconds; `max_message_bytes`: of a batch, compressed."""

    topic: Topic
    retention_ms: int
    max_message_bytes: int
    holds: str

    def settings(self, replication: int) -> Mapping[str, str]:
        """The topic's settings as Kafka names them (https://kafka.apache.org/documentation/#topicconfigs).

        A record goes only with its whole segment, and a segment in use never goes while new records arrive. So
        segments are short: a record outlives its retention by a quarter at most.
        """
        return {
            "cleanup.policy": "delete",
            "message.timestamp.type": "LogAppendTime",
            "retention.ms": str(self.retention_ms),
            "segment.ms": str(self.retention_ms // 4),
            "max.message.bytes": str(self.max_message_bytes),
            "min.insync.replicas": str(max(1, replication - 1)),
        }


TOPICS: Final[Sequence[TopicSpec]] = (
    # Eight inline pictures at the default limit of 1 MiB, and slack for texts.
    TopicSpec(Topic.REQUESTS, 6 * HOUR_MS, 9 * MIB, "what generators ask; inline pictures"),
    TopicSpec(Topic.REQUESTS_BULK, 6 * HOUR_MS, 9 * MIB, "the same, where nobody waits"),
    TopicSpec(Topic.CONTENTS, DAY_MS, 2 * MIB, "what ingest read; texts, digests, references"),
    TopicSpec(Topic.CONTENTS_BULK, DAY_MS, 2 * MIB, "the same, where nobody waits"),
    TopicSpec(Topic.VERDICTS, 14 * DAY_MS, MIB, "what each check saw"),
    TopicSpec(Topic.DECISIONS, 28 * DAY_MS, 2 * MIB, "one decision per request, with its facts"),
    TopicSpec(Topic.REVIEWS, 28 * DAY_MS, MIB, "what a person should look at"),
    TopicSpec(Topic.RELEASES, 28 * DAY_MS, MIB, "what a person set free"),
    TopicSpec(Topic.RESOLUTIONS, 28 * DAY_MS, MIB, "how reviews ended, by whom and why"),
    TopicSpec(Topic.SHADOW, 14 * DAY_MS, MIB, "what a policy that is only tried decides differently"),
    TopicSpec(Topic.INCIDENTS, 28 * DAY_MS, MIB, "matches that must be reported"),
    TopicSpec(Topic.DEAD_LETTERS, 14 * DAY_MS, MIB, "what could not be handled, and why"),
    TopicSpec(Topic.APPROVED, 14 * DAY_MS, MIB, "pictures that were allowed, to be signed"),
    TopicSpec(Topic.SIGNED, 28 * DAY_MS, MIB, "signed pictures: what downstream reads"),
    TopicSpec(Topic.ACCOUNT_ACTIONS, 28 * DAY_MS, MIB, "accounts to be banned, and why"),
)
"""The whole table. All have the same number of partitions: a request stays on its partition number throughout."""

CHOSEN_BY_CLIENTS: Final = frozenset({Topic.REQUESTS, Topic.REQUESTS_BULK})
"""Topics whose partition a stranger's client chooses; ingest puts everything after them where it belongs."""
