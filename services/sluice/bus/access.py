"""Who may do what on the broker: one table of principals, from which ACLs, manifests and documents are made. Pure.

A principal is a name that a broker has for a client that has logged in. Each service has its own, called as
`sluice serve` calls it; the others are for people and programs around the services. What is not in the table is
refused, where the broker refuses by default (`allow.everyone.if.no.acl.found=false`).

Three topics decide what gets out, and have one writer each: only `orchestrator` writes moderation.decisions and
assets.approved, only `c2pa-signer` writes assets.signed. Only `reviewer` writes moderation.releases, and only
`reporter` accounts.actions.

Rights are the least that a real run needs. Kafka lets whoever may read or write a topic describe it, and whoever may
write any topic write idempotently (KIP-679, brokers from 2.8 on), so no service has a right on the cluster. To
describe a group is to look its coordinator and its offsets up; it neither joins nor commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.bus.clients import READERS_GROUP
from sluice.bus.hanging_owners import INGEST, ORCHESTRATOR, SIGNER
from sluice.bus.topics import Topic

REVIEWS_ID: Final = "sluice-reviews-"
"""What the transactional ids of `sluice reviews` begin with."""

GROUPS: Final = "sluice-"
"""What every group and transactional id of ours begins with."""


class Operation(StrEnum):
    """What is done, as Kafka calls it."""

    READ = "Read"
    WRITE = "Write"
    DESCRIBE = "Describe"
    CREATE = "Create"
    ALTER = "Alter"
    DESCRIBE_CONFIGS = "DescribeConfigs"
    ALTER_CONFIGS = "AlterConfigs"


class Resource(StrEnum):
    """What it is done to, as Kafka's tools call it."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One thing that is allowed. `prefixed`: on everything whose name begins with `name`."""

    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False

    @property
    def place(self) -> str:
        """The resource's name; of a prefix with a star behind it."""
        return f"{self.name}*" if self.prefixed else self.name


@dataclass(frozen=True, slots=True)
class Principal:
    """A name and what it may do. `service`: it is one of ours, which `sluice serve` runs."""

    name: str
    about: str
    rights: tuple[Right, ...]
    service: bool = False

    def places(self, operation: Operation, resource: Resource) -> tuple[str, ...]:
        """What it may do this to, in the table's order."""
        found = (right for right in self.rights if right.operation is operation and right.resource is resource)
        return tuple(right.place for right in found)

    def writes(self, topic: Topic) -> bool:
        """Whether it may write the topic."""
        return Right(Resource.TOPIC, topic.value, Operation.WRITE) in self.rights

    def reads(self, topic: Topic) -> bool:
        """Whether it may read the topic."""
        return Right(Resource.TOPIC, topic.value, Operation.READ) in self.rights


CLUSTER: Final = "kafka-cluster"
"""Kafka's own name of the one resource of its kind."""

_LANES: Final = (Topic.CONTENTS, Topic.CONTENTS_BULK)
_REQUESTS: Final = (Topic.REQUESTS, Topic.REQUESTS_BULK)


def _on(operation: Operation, *topics: Topic) -> tuple[Right, ...]:
    return tuple(Right(Resource.TOPIC, topic.value, operation) for topic in topics)


def _joins(group: str, prefixed: bool = False) -> tuple[Right, ...]:
    return (Right(Resource.GROUP, group, Operation.READ, prefixed),)


def _in_transactions(begins: str) -> tuple[Right, ...]:
    """A service's transactional id is its group and its instance."""
    return (Right(Resource.TRANSACTIONAL_ID, begins, Operation.WRITE, prefixed=True),)


_LOOKS_UP: Final = (Right(Resource.GROUP, READERS_GROUP, Operation.DESCRIBE),)
_SEES_GROUPS: Final = (Right(Resource.GROUP, GROUPS, Operation.DESCRIBE, prefixed=True),)


def check_principal(service: str, check: str) -> Principal:
    """The principal of a check, ours or yours: it reads what ingest made and says what it saw.

    `check`: its name in policies and verdicts, from which its group is made.
    """
    rights = (
        *_on(Operation.READ, *_LANES),
        *_on(Operation.WRITE, Topic.VERDICTS, Topic.DEAD_LETTERS),
        *_joins(f"{GROUPS}{check}"),
        *_LOOKS_UP,
    )
    return Principal(service, f"the check `{check}`", rights, service=True)


_OPERATOR: Final = (
    *_on(
        Operation.READ,
        Topic.DECISIONS,
        Topic.VERDICTS,
        Topic.RESOLUTIONS,
        Topic.SHADOW,
        Topic.INCIDENTS,
        Topic.DEAD_LETTERS,
        Topic.SIGNED,
    ),
    *_on(Operation.DESCRIBE, *Topic),
    *_on(Operation.DESCRIBE_CONFIGS, *Topic),
    *_SEES_GROUPS,
)
_TOPICS: Final = (
    *_on(Operation.CREATE, *Topic),
    *_on(Operation.DESCRIBE, *Topic),
    # Includes looking at them.
    *_on(Operation.ALTER_CONFIGS, *Topic),
)

PRINCIPALS: Final[Sequence[Principal]] = (
    Principal(
        "ingest",
        "takes requests and releases in, and makes contents of them",
        (
            *_on(Operation.READ, *_REQUESTS, Topic.RELEASES, Topic.DECISIONS),
            # What was released it makes again of what it had made.
            *_on(Operation.READ, *_LANES),
            *_on(Operation.WRITE, *_LANES, Topic.DEAD_LETTERS),
            *_joins(INGEST),
            *_in_transactions(f"{INGEST}-"),
            *_LOOKS_UP,
        ),
        service=True,
    ),
    check_principal("text-classifier", "text"),
    check_principal("image-text-classifier", "image_text"),
    check_principal("image-classifier", "image"),
    check_principal("person-classifier", "person"),
    check_principal("hash-matcher", "hash"),
    Principal(
        "orchestrator",
        "decides; its gRPC door publishes what it is asked",
        (
            *_on(Operation.READ, *_LANES, Topic.VERDICTS, Topic.DECISIONS, Topic.SIGNED),
            *_on(Operation.WRITE, Topic.DECISIONS, Topic.REVIEWS, Topic.INCIDENTS, Topic.APPROVED),
            *_on(Operation.WRITE, Topic.DEAD_LETTERS, *_REQUESTS),
            *_joins(ORCHESTRATOR),
            *_in_transactions(f"{ORCHESTRATOR}-"),
            *_LOOKS_UP,
        ),
        service=True,
    ),
    Principal(
        "c2pa-signer",
        "signs what was allowed",
        (
            *_on(Operation.READ, Topic.APPROVED, Topic.DECISIONS, Topic.SIGNED),
            *_on(Operation.WRITE, Topic.SIGNED, Topic.DEAD_LETTERS),
            *_joins(SIGNER),
            *_in_transactions(f"{SIGNER}-"),
            *_LOOKS_UP,
        ),
        service=True,
    ),
    Principal(
        "provenance",
        "keeps records of signed pictures",
        (
            *_on(Operation.READ, Topic.SIGNED),
            *_on(Operation.WRITE, Topic.DEAD_LETTERS),
            *_joins("sluice-provenance"),
            *_LOOKS_UP,
        ),
        service=True,
    ),
    Principal(
        "reporter",
        "preserves evidence of matches, reports them, and says which accounts to ban",
        (
            *_on(Operation.READ, Topic.INCIDENTS),
            *_on(Operation.WRITE, Topic.ACCOUNT_ACTIONS, Topic.DEAD_LETTERS),
            *_joins("sluice-reporter"),
            *_LOOKS_UP,
        ),
        service=True,
    ),
    Principal(
        "gateway",
        "answers HTTP: looks up what became of requests and whether checks are there, and writes nothing",
        (*_on(Operation.READ, Topic.VERDICTS, Topic.DECISIONS, Topic.SIGNED), *_SEES_GROUPS),
        service=True,
    ),
    Principal(
        "policy-shadow",
        "tries another policy on what was decided",
        (
            *_on(Operation.READ, Topic.DECISIONS),
            *_on(Operation.WRITE, Topic.SHADOW, Topic.DEAD_LETTERS),
            *_joins("sluice-policy-shadow"),
            *_LOOKS_UP,
        ),
        service=True,
    ),
    Principal(
        "generator",
        "asks over Kafka, and reads what was decided",
        (
            *_on(Operation.WRITE, *_REQUESTS),
            *_on(Operation.READ, Topic.DECISIONS),
            *_joins("generator", prefixed=True),
        ),
    ),
    Principal(
        "downstream",
        "takes signed pictures on",
        (*_on(Operation.READ, Topic.SIGNED), *_joins("downstream", prefixed=True)),
    ),
    Principal(
        "reviewer",
        "`sluice reviews`: looks at what is in REVIEW, and ends it",
        (
            *_on(Operation.READ, Topic.REVIEWS, Topic.RESOLUTIONS, Topic.DECISIONS, *_LANES),
            *_on(Operation.WRITE, Topic.RELEASES, Topic.RESOLUTIONS),
            *_in_transactions(REVIEWS_ID),
            *_LOOKS_UP,
        ),
    ),
    Principal(
        "accounts",
        "bans accounts: a program of yours",
        (*_on(Operation.READ, Topic.ACCOUNT_ACTIONS), *_joins("accounts", prefixed=True)),
    ),
    Principal("operator", "commands that look: no content, nothing is written", _OPERATOR),
    Principal(
        "repairer",
        "the same, and asks again: `sluice dead-letters replay` of requests, `sluice load`",
        (*_OPERATOR, *_on(Operation.WRITE, *_REQUESTS)),
    ),
    Principal(
        "scaler",
        "KEDA, or whoever else watches consumer lag: ends and offsets alone",
        (
            *_on(Operation.DESCRIBE, *_REQUESTS, Topic.RELEASES, *_LANES, Topic.VERDICTS),
            *_on(Operation.DESCRIBE, Topic.APPROVED, Topic.SIGNED, Topic.DECISIONS, Topic.INCIDENTS),
            *_SEES_GROUPS,
        ),
    ),
    Principal("topics", "`sluice topics create`", _TOPICS),
    Principal(
        "access",
        "`sluice topics create --access`: whoever may grant can grant himself everything",
        (*_TOPICS, Right(Resource.CLUSTER, CLUSTER, Operation.ALTER)),
    ),
)
"""The whole table."""


def find_principals(names: Sequence[str], table: Sequence[Principal] = PRINCIPALS) -> Sequence[Principal]:
    """Those of the table that are named, in its order; all where none is. KeyError: nobody is called so."""
    unknown = [name for name in names if all(one.name != name for one in table)]
    if unknown:
        raise KeyError(unknown[0])
    return [one for one in table if not names or one.name in names]


def writers(topic: Topic, table: Sequence[Principal] = PRINCIPALS) -> tuple[str, ...]:
    """The principals that may write the topic."""
    return tuple(one.name for one in table if one.writes(topic))


def readers(topic: Topic, table: Sequence[Principal] = PRINCIPALS) -> tuple[str, ...]:
    """The principals that may read it."""
    return tuple(one.name for one in table if one.reads(topic))
