"""Bringing a cluster's ACLs to what the table says; safe to run any number of times."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from sluice.bus.access import CLUSTER, PRINCIPALS, Principal, Resource, Right
from sluice.bus.clients import admin_client
from sluice.bus.problems import words
from sluice.bus.topics import CHOSEN_BY_CLIENTS, Topic
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings

CALL_SECONDS: Final = 15.0
"""How long each call to the broker may take."""

_TYPES: Final = {
    Resource.TOPIC: ResourceType.TOPIC,
    Resource.GROUP: ResourceType.GROUP,
    Resource.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
    # The client library has the cluster under this name.
    Resource.CLUSTER: ResourceType.BROKER,
}
_TAKING_OVER: Final = {
    # Whoever may alter or delete a topic can lose what was decided; configurations say for how long it is kept.
    Resource.TOPIC: frozenset({"Write", "All", "Alter", "AlterConfigs", "Delete"}),
    # Whoever joins our group takes its partitions, or commits its offsets on.
    Resource.GROUP: frozenset({"Read", "All", "Alter", "Delete"}),
    # Whoever begins transactions under our id ends ours.
    Resource.TRANSACTIONAL_ID: frozenset({"Write", "All"}),
    # Whoever may alter the cluster can grant himself everything.
    Resource.CLUSTER: frozenset({"Alter", "AlterConfigs", "ClusterAction", "All"}),
}
"""What nobody but us should be able to do to what is ours, as Kafka's tools call it."""
_ANYBODY: Final = "User:*"
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Naming:
    """What a broker calls our principals. With TLS it is a certificate's whole name, unless the broker has rules:
    a prefix `CN=` and a suffix `,O=acme` make `User:CN=ingest,O=acme`."""

    prefix: str = ""
    suffix: str = ""

    def user(self, name: str) -> str:
        """The principal as ACLs have it."""
        return f"User:{self.prefix}{name}{self.suffix}"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """An ACL as a cluster has it. `operation`: as Kafka's tools call it; `host`: from where, * for anywhere."""

    user: str
    resource: Resource
    name: str
    operation: str
    prefixed: bool = False
    host: str = "*"
    allow: bool = True

    @classmethod
    def of(cls, user: str, right: Right) -> "Grant":
        """A right of the table, granted to this user from anywhere."""
        return cls(user, right.resource, right.name, right.operation.value, right.prefixed)

    def __str__(self) -> str:
        verb = "may" if self.allow else "must not"
        place = f"{self.name}*" if self.prefixed else self.name
        return f"{self.user} {verb} {self.operation} {self.resource} {place}"

    def meets(self, other: "Grant") -> bool:
        """Whether there is something that both are about, whatever they say of it."""
        if self.resource is not other.resource:
            return False
        if "*" in (self.name, other.name):
            return True
        one, two = (self, other) if len(self.name) <= len(other.name) else (other, self)
        return two.name.startswith(one.name) if one.prefixed else one.name == two.name and not two.prefixed


@dataclass(frozen=True, slots=True)
class AccessReport:
    """What a cluster had and what was done about it.

    `superfluous`: what our principals have beyond the table; `removed`: it was taken away. `strangers`: others who
    may write, alter or delete a topic that only services and reviewers should write, join a group of a service, use
    its transactional ids, or alter the cluster. `denied`: what is forbidden to our principals of what they need. That
    goes before every grant, and is left to whoever forbade it.
    """

    created: tuple[Grant, ...]
    existing: tuple[Grant, ...]
    superfluous: tuple[Grant, ...]
    strangers: tuple[Grant, ...]
    denied: tuple[Grant, ...]
    removed: bool = False


def wanted(principals: Iterable[Principal], naming: Naming) -> tuple[Grant, ...]:
    """The grants that the table asks for."""
    return tuple(Grant.of(naming.user(one.name), right) for one in principals for right in one.rights)


def compare(found: Iterable[Grant], principals: Sequence[Principal], naming: Naming) -> AccessReport:
    """What is missing (as `created`), there, too much, and somebody else's."""
    asked, there = list(dict.fromkeys(wanted(principals, naming))), set(found)
    ours = {naming.user(one.name) for one in principals}
    guarded = [Grant("", place, name, "", prefixed) for place, name, prefixed in _guarded(principals)]
    others = [
        one
        for one in there
        if one.user not in ours
        and one.allow
        and one.operation in _TAKING_OVER[one.resource]
        and any(map(one.meets, guarded))
    ]
    forbidden = [one for one in there if one.user in {*ours, _ANYBODY} and not one.allow]
    return AccessReport(
        created=tuple(one for one in asked if one not in there),
        existing=tuple(one for one in asked if one in there),
        superfluous=tuple(sorted(one for one in there if one.user in ours and one.allow and one not in asked)),
        strangers=tuple(sorted(others)),
        denied=tuple(sorted(one for one in forbidden if any(map(one.meets, asked)))),
    )


def _guarded(principals: Iterable[Principal]) -> Iterator[tuple[Resource, str, bool]]:
    """What strangers should not be able to change: place, name, and whether it is what the name begins with."""
    yield from ((Resource.TOPIC, topic.value, False) for topic in Topic if topic not in CHOSEN_BY_CLIENTS)
    yield Resource.CLUSTER, CLUSTER, False
    owned = {Resource.GROUP: "Read", Resource.TRANSACTIONAL_ID: "Write"}
    for one in principals:
        for right in one.rights:
            if one.service and owned.get(right.resource) == right.operation.value:
                yield right.resource, right.name, right.prefixed


def look(
    kafka: KafkaSettings, naming: Naming, principals: Sequence[Principal] = PRINCIPALS, seconds: float = CALL_SECONDS
) -> AccessReport:
    """How the cluster's ACLs differ from the table; changes nothing. RetryableError where the broker does not say."""
    return compare(_Acls(kafka, seconds).read(), principals, naming)


def grant(
    kafka: KafkaSettings,
    naming: Naming,
    prune: bool,
    principals: Sequence[Principal] = PRINCIPALS,
    seconds: float = CALL_SECONDS,
) -> AccessReport:
    """Grants what is missing and, with `prune`, takes away what is too much. Others' ACLs are never touched.

    RetryableError where the broker does not do it: a principal needs Alter on the cluster, a broker an authorizer.
    """
    acls = _Acls(kafka, seconds)
    report = compare(acls.read(), principals, naming)
    acls.create(report.created)
    if not prune or not report.superfluous:
        acls.wait_for(lambda found: found >= set(report.created))
        return report
    acls.delete(report.superfluous)
    acls.wait_for(lambda found: found >= set(report.created) and not found & set(report.superfluous))
    return AccessReport(
        report.created, report.existing, report.superfluous, report.strangers, report.denied, removed=True
    )


class _Acls:
    """The few calls to a cluster that this takes."""

    def __init__(self, kafka: KafkaSettings, seconds: float) -> None:
        self._client = admin_client(kafka)
        self._bootstrap = kafka.bootstrap
        self._seconds = seconds

    def read(self) -> list[Grant]:
        """Every ACL of a kind that is ours to know."""
        everything = AclBindingFilter(
            ResourceType.ANY,
            # Any name, principal and host: the client's stubs leave out that these may be None.
            None,  # type: ignore[arg-type]
            ResourcePatternType.ANY,
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        try:
            found = self._client.describe_acls(everything, request_timeout=self._seconds).result()
        except KafkaException as error:
            raise self._trouble(error) from error
        kinds = {kind: ours for ours, kind in _TYPES.items()}
        return [
            Grant(
                one.principal,
                kinds[one.restype],
                one.name,
                _word(one.operation),
                one.resource_pattern_type is ResourcePatternType.PREFIXED,
                one.host,
                one.permission_type is AclPermissionType.ALLOW,
            )
            for one in found
            if one.restype in kinds
        ]

    def create(self, grants: Sequence[Grant]) -> None:
        """Adds these."""
        if grants:
            self._wait(self._client.create_acls([_binding(one) for one in grants], request_timeout=self._seconds))

    def delete(self, grants: Sequence[Grant]) -> None:
        """Takes exactly these away."""
        filters = [AclBindingFilter(*_parts(one)) for one in grants]
        self._wait(self._client.delete_acls(filters, request_timeout=self._seconds))

    def wait_for(self, done: Callable[[set[Grant]], bool]) -> None:
        """A broker goes by a grant a moment after the controller has confirmed it."""
        give_up = time.monotonic() + self._seconds
        while not done(set(self.read())):
            if time.monotonic() > give_up:
                raise RetryableError(f"grants at {self._bootstrap} are not in force after {self._seconds:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _wait(self, answers: object) -> None:
        assert isinstance(answers, dict)
        try:
            for future in answers.values():
                future.result()
        except KafkaException as error:
            raise self._trouble(error) from error

    def _trouble(self, error: KafkaException) -> RetryableError:
        # Lets the client say what it has to say of its login.
        self._client.poll(0)
        return RetryableError(f"access at {self._bootstrap}: {words(error.args[0], CLUSTER)}")


def _parts(
    one: Grant,
) -> tuple[ResourceType, str, ResourcePatternType, str, str, AclOperation, AclPermissionType]:
    pattern = ResourcePatternType.PREFIXED if one.prefixed else ResourcePatternType.LITERAL
    permission = AclPermissionType.ALLOW if one.allow else AclPermissionType.DENY
    return _TYPES[one.resource], one.name, pattern, one.user, one.host, _operation(one.operation), permission


def _binding(one: Grant) -> AclBinding:
    return AclBinding(*_parts(one))


def _word(operation: AclOperation) -> str:
    """ALTER_CONFIGS -> AlterConfigs."""
    return "".join(part.capitalize() for part in operation.name.split("_"))


def _operation(word: str) -> AclOperation:
    return next(one for one in AclOperation if _word(one) == word)
