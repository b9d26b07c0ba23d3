"""The table of principals as other tools take it: commands of Kafka's, resources of Strimzi's."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import yaml

from sluice.bus.access import Principal, Resource, Right
from sluice.bus.access_acls import Naming

AUTHENTICATIONS: Final = ("scram-sha-512", "tls", "tls-external")
"""How a KafkaUser logs in (https://strimzi.io/docs/operators/latest/configuring.html, `KafkaUser` schema)."""

_STRIMZI_TYPES: Final[Mapping[Resource, str]] = {
    Resource.TOPIC: "topic",
    Resource.GROUP: "group",
    Resource.TRANSACTIONAL_ID: "transactionalId",
    Resource.CLUSTER: "cluster",
}


def rows(principals: Sequence[Principal], naming: Naming) -> Iterator[tuple[str, str, str, str]]:
    """Principal, operation, resource, names: a row for each of what it may do."""
    for one in principals:
        for (operation, resource), rights in _alike(one):
            yield naming.user(one.name), operation, resource, ", ".join(right.place for right in rights)


def json_of(one: Principal, naming: Naming) -> dict[str, object]:
    """A principal for programs."""
    return {
        "principal": naming.user(one.name),
        "name": one.name,
        "about": one.about,
        "service": one.service,
        "rights": [
            {
                "resource": right.resource.value,
                "name": right.name,
                "pattern": "prefixed" if right.prefixed else "literal",
                "operation": right.operation.value,
            }
            for right in one.rights
        ],
    }


def kafka_commands(principals: Sequence[Principal], naming: Naming) -> Iterator[str]:
    """What `kafka-acls.sh` is told, a line each. The shell has the broker in BOOTSTRAP and the administrator's own
    client settings in the file ADMIN."""
    for one in principals:
        yield f"# {one.name}: {one.about}"
        for (operation, resource), rights in _alike(one):
            for prefixed, some in groupby(rights, key=lambda right: right.prefixed):
                yield " ".join(
                    [
                        'kafka-acls.sh --bootstrap-server "$BOOTSTRAP" --command-config "$ADMIN" --add',
                        f"--allow-principal {shlex.quote(naming.user(one.name))} --operation {operation}",
                        *(_flag(resource, right) for right in some),
                        *(["--resource-pattern-type prefixed"] if prefixed else []),
                    ]
                )


def strimzi(
    principals: Sequence[Principal], prefix: str, cluster: str, authentication: str, namespace: str = ""
) -> str:
    """A KafkaUser of `kafka.strimzi.io/v1` for each, as one YAML text. `cluster`: the Kafka resource's name."""
    return yaml.safe_dump_all(
        (_user(one, prefix, cluster, authentication, namespace) for one in principals),
        sort_keys=False,
        explicit_start=True,
        width=200,
    )


def _user(one: Principal, prefix: str, cluster: str, authentication: str, namespace: str) -> dict[str, object]:
    acls: dict[tuple[Resource, str, bool], list[str]] = {}
    for right in one.rights:
        acls.setdefault((right.resource, right.name, right.prefixed), []).append(right.operation.value)
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {
            "name": f"{prefix}{one.name}",
            **({"namespace": namespace} if namespace else {}),
            "labels": {"strimzi.io/cluster": cluster},
        },
        "spec": {
            "authentication": {"type": authentication},
            "authorization": {
                "type": "simple",
                "acls": [
                    {"resource": _resource(*place), "operations": operations, "host": "*"}
                    for place, operations in acls.items()
                ],
            },
        },
    }


def _resource(resource: Resource, name: str, prefixed: bool) -> dict[str, str]:
    if resource is Resource.CLUSTER:
        return {"type": "cluster"}
    return {
        "type": _STRIMZI_TYPES[resource],
        "name": name,
        "patternType": "prefix" if prefixed else "literal",
    }


def _flag(resource: str, right: Right) -> str:
    return "--cluster" if resource == Resource.CLUSTER else f"--{resource} {shlex.quote(right.name)}"


def _alike(one: Principal) -> Iterator[tuple[tuple[str, str], list[Right]]]:
    """A principal's rights by operation and resource, in the table's order."""
    found: dict[tuple[str, str], list[Right]] = {}
    for right in one.rights:
        found.setdefault((right.operation.value, right.resource.value), []).append(right)
    yield from found.items()
