"""`sluice topics access`: the table for people, programs, Kafka's own tools and Strimzi."""

import json
import shlex

import pytest
import yaml
from typer.testing import CliRunner

from sluice.bus.access import PRINCIPALS, Resource
from sluice.cli.topics import app


def run(*words: str, status: int = 0) -> str:
    found = CliRunner().invoke(app, ["access", *words])
    assert found.exit_code == status, found.output
    return found.output


def test_every_right_of_every_principal_is_in_the_table_and_in_json() -> None:
    table = run("--principal-prefix", "sluice-")
    told = [json.loads(line) for line in run("--json", "--principal-prefix", "sluice-").splitlines()]
    assert [one["principal"] for one in told] == [f"User:sluice-{one.name}" for one in PRINCIPALS]
    assert [len(one["rights"]) for one in told] == [len(one.rights) for one in PRINCIPALS]
    for one in PRINCIPALS:
        lines = [line for line in table.splitlines() if line.split()[0] == f"User:sluice-{one.name}"]
        places = {place.strip(",") for line in lines for place in line.split()[3:]}
        assert places == {right.place for right in one.rights}


def test_a_command_for_kafka_says_each_right_once() -> None:
    words = [shlex.split(line) for line in run("--format", "kafka").splitlines() if not line.startswith("#")]
    found = []
    for line in words:
        assert line[0] == "kafka-acls.sh"
        user, operation = line[line.index("--allow-principal") + 1], line[line.index("--operation") + 1]
        for resource in Resource:
            flag = f"--{resource}"
            names = [
                line[at + 1] for at, word in enumerate(line) if word == flag and resource is not Resource.CLUSTER
            ]
            names += ["kafka-cluster"] if resource is Resource.CLUSTER and flag in line else []
            found += [(user, operation, resource, name, "prefixed" in line) for name in names]
    wanted = [
        (f"User:{one.name}", right.operation.value, right.resource, right.name, right.prefixed)
        for one in PRINCIPALS
        for right in one.rights
    ]
    assert sorted(found) == sorted(wanted)


def test_a_kafka_user_has_the_rights_of_its_principal() -> None:
    words = ("--format", "strimzi", "--cluster", "events", "--namespace", "kafka", "--authentication", "tls")
    users = list(yaml.safe_load_all(run(*words, "--principal-prefix", "sluice-")))
    assert [user["metadata"]["name"] for user in users] == [
        f"sluice-{one.name}" for one in PRINCIPALS if one.name != "access"
    ]
    for user, one in zip(users, [one for one in PRINCIPALS if one.name != "access"], strict=True):
        assert (user["apiVersion"], user["kind"]) == ("kafka.strimzi.io/v1", "KafkaUser")
        assert user["metadata"]["labels"] == {"strimzi.io/cluster": "events"}
        assert user["metadata"]["namespace"] == "kafka"
        assert user["spec"]["authentication"] == {"type": "tls"}
        acls = user["spec"]["authorization"]["acls"]
        assert sum(len(acl["operations"]) for acl in acls) == len(one.rights)
        assert {acl["resource"]["patternType"] for acl in acls} <= {"literal", "prefix"}
    (access,) = yaml.safe_load_all(run("--format", "strimzi", "--principal", "access"))
    assert {"type": "cluster"} in [acl["resource"] for acl in access["spec"]["authorization"]["acls"]]


def test_a_check_of_yours_is_beside_ours() -> None:
    told = json.loads(run("--json", "--check", "blank-detector=blank", "--principal", "blank-detector"))
    assert {"resource": "group", "name": "sluice-blank", "pattern": "literal", "operation": "Read"} in told["rights"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--principal", "nobody"), "no principal is called 'nobody'"),
        (("--format", "xml"), "there are table, json, kafka and strimzi"),
        (("--format", "strimzi", "--principal-suffix", ",O=a"), "a KafkaUser has no suffix"),
        (("--check", "ingest=mine"), "SERVICE=CHECK"),
        (("--check", "mine"), "SERVICE=CHECK"),
    ],
)
def test_wrong_words_are_refused(words: tuple[str, ...], said: str) -> None:
    assert said in run(*words, status=2)


def test_options_of_access_without_access_are_refused() -> None:
    found = CliRunner().invoke(app, ["create", "--prune"])
    assert found.exit_code == 2
    assert "go with --access" in found.output
