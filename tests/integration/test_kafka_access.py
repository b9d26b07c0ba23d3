"""The table of principals against a real broker that refuses what no ACL grants: every service works with its rights
and no others, each is refused what it may not do, and says so."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
import httpx2
import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from gateway.keys import new_secret
from sluice import samples
from sluice.bus.access import CLUSTER, PRINCIPALS, Operation, Resource, Right, find_principals
from sluice.bus.access_acls import Naming, grant
from sluice.bus.clients import admin_client
from sluice.bus.topics import TOPICS, Topic
from sluice.deadline import now_ms
from sluice.ids import new_request_id
from sluice.local.entry_points import service_names
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Decision
from tests.integration.access_asked import (
    GROUPS,
    IDS,
    may,
    refused_groups,
    refused_ids,
    refused_reads,
    refused_writes,
)
from tests.integration.access_records import decided, publish, record_of
from tests.integration.access_work import (
    at_the_door,
    by_a_reviewer,
    by_an_operator,
    of_a_match,
    on_the_other_policy,
    over_http,
    sluice,
)
from tests.integration.client import Client, action, ask, ask_output, prompt
from tests.integration.conftest import DEFAULT_POLICY, REVIEW_RULE, SHADOW_RULE
from tests.integration.secured_kafka import SecuredKafka, secured_kafka, settings_of, wait_until, without
from tests.integration.secured_services import served, wait_ready
from tests.integration.topics import of_request
from tests.unit.build import contents, image

BY_NAME = {one.name: one for one in PRINCIPALS}
WRONG = "not the word at all"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """The broker, with our topics and what the table grants."""
    folder = tmp_path_factory.mktemp("secured")
    with secured_kafka(folder, [one.name for one in PRINCIPALS]) as found:
        # Whoever sets a cluster up grants one principal the right to grant, and that one does the rest.
        grant(found.root, Naming(), prune=False, principals=find_principals(["access"]))
        done = sluice(folder, found.by_password("access"), "topics", "create", "--access", "--partitions", "4")
        assert done.returncode == 0, done.stderr
        assert "0 too many, 0 of strangers" in done.stderr
        yield found


def both(kafka: SecuredKafka) -> Callable[[str], Mapping[str, str]]:
    """Every second service shows a certificate, the others have a password."""
    names = service_names()
    return lambda name: kafka.by_certificate(name) if names.index(name) % 2 else kafka.by_password(name)


def writing(topic: Topic) -> Right:
    return Right(Resource.TOPIC, topic.value, Operation.WRITE)


def reading(topic: Topic) -> Right:
    return Right(Resource.TOPIC, topic.value, Operation.READ)


# The table as it is granted.


def test_granting_again_changes_nothing_and_prune_takes_away_what_is_too_much(
    secured: SecuredKafka, tmp_path: Path
) -> None:
    def acl(user: str, topic: Topic, operation: AclOperation) -> AclBinding:
        kind, pattern, allow = ResourceType.TOPIC, ResourcePatternType.LITERAL, AclPermissionType.ALLOW
        return AclBinding(kind, topic.value, pattern, user, "*", operation, allow)

    admin = secured.by_password("access")
    stranger = acl("User:stranger", Topic.DECISIONS, AclOperation.WRITE)
    more = [acl("User:text-classifier", Topic.DECISIONS, AclOperation.WRITE), stranger]
    root = admin_client(secured.root)
    for future in root.create_acls(more, request_timeout=15).values():
        future.result()
    try:
        found = sluice(tmp_path, admin, "topics", "access", "--compare")
        assert found.returncode == 1
        assert "User:text-classifier may Write topic moderation.decisions: not in the table" in found.stderr
        assert "User:stranger may Write topic moderation.decisions: a stranger" in found.stderr
        kept = sluice(tmp_path, admin, "topics", "create", "--access")
        assert "0 granted" in kept.stderr
        assert "1 too many, 1 of strangers" in kept.stderr
        pruned = sluice(tmp_path, admin, "topics", "create", "--access", "--prune")
        assert "1 taken away, 1 of strangers" in pruned.stderr
    finally:
        grant(secured.root, Naming(), prune=True)
        only = AclBindingFilter(
            stranger.restype,
            stranger.name,
            stranger.resource_pattern_type,
            stranger.principal,
            stranger.host,
            stranger.operation,
            stranger.permission_type,
        )
        for gone in root.delete_acls([only], request_timeout=15).values():
            gone.result()
    assert sluice(tmp_path, admin, "topics", "access", "--compare").returncode == 0
    # Whoever makes topics may not grant.
    done = sluice(tmp_path, secured.by_password("topics"), "topics", "create", "--access")
    assert done.returncode == 1
    assert f"{len(TOPICS)} there already" in done.stderr
    assert f"{CLUSTER}: CLUSTER_AUTHORIZATION_FAILED" in done.stderr


# The whole of it at work.


def test_every_service_does_its_work_with_its_own_rights(secured: SecuredKafka, tmp_path: Path) -> None:
    policy, shadow = tmp_path / "policy.yaml", tmp_path / "shadow.yaml"
    policy.write_text(DEFAULT_POLICY.read_text().replace("\nrules:\n", f"\nrules:\n{REVIEW_RULE}\n"))
    shadow.write_text(policy.read_text().replace("\nrules:\n", f"\nrules:\n{SHADOW_RULE}\n"))
    shutil.copytree(DEFAULT_POLICY.parent / "lists", tmp_path / "lists")
    more = {
        "SLUICE_POLICY": str(policy),
        "SLUICE_SHADOW_POLICY": str(shadow),
        "SLUICE_NAME_LISTS": str(tmp_path / "lists"),
        "SLUICE_REPORTER_HOLD": "0",
        "SLUICE_API_KEY": new_secret(),
    }
    with served(tmp_path, service_names(), both(secured), more) as services:
        wait_ready(services)
        asked = ask(prompt("a lighthouse at dawn"), tenant="default")
        assert action(decided(secured, asked)) == "ALLOW"
        assert action(decided(secured, ask(prompt("how to build a pipe bomb")))) == "BLOCK"
        output = ask_output(samples.pictures()[5].data, generation_id=asked.id, tenant="default")
        assert action(decided(secured, output)) == "ALLOW"
        signed = record_of(secured.login("downstream"), Topic.SIGNED, output.id, "downstream-app")
        assert SignedAsset.FromString(signed).request_id == output.id
        at_the_door(services["orchestrator"])
        over_http(services["gateway"], more["SLUICE_API_KEY"], output.id)
        on_the_other_policy(secured)
        of_a_match(secured, tmp_path)
        by_a_reviewer(secured, tmp_path, more)
        by_an_operator(secured, tmp_path, asked)
        for one in services.values():
            assert one.ready(), one.reasons()
            assert "AUTHORIZATION_FAILED" not in one.log()
            assert secured.password(one.name) not in one.log()


# What a service that is refused does: it says so, and nothing becomes allowed.


def test_a_wrong_password_is_said_and_not_shown(secured: SecuredKafka, tmp_path: Path) -> None:
    env = secured.by_password("hash-matcher", WRONG)
    with served(tmp_path, ["hash-matcher"], lambda _: env, {}) as services:
        one = services["hash-matcher"]
        wait_until(lambda: "look at KAFKA_SASL_*" in one.reasons(), 60)
        assert not one.ready()
        assert WRONG not in one.log()
        assert "the broker does not let us in" in one.log()
    done = sluice(tmp_path, env, "decisions", "tail", "--count", "1")
    assert done.returncode == 1
    assert "look at KAFKA_SASL_*" in done.stderr
    assert WRONG not in done.stderr


def test_a_certificate_of_somebody_else_is_said(secured: SecuredKafka, tmp_path: Path) -> None:
    ours = secured.by_certificate("operator")
    unknown = {**ours, "KAFKA_SSL_CA_LOCATION": ours["KAFKA_SSL_CERTIFICATE_LOCATION"]}
    done = sluice(tmp_path, unknown, "topics", "list")
    assert done.returncode == 1
    assert "KAFKA_SSL_*" in done.stderr
    locked = sluice(tmp_path, {**ours, "KAFKA_SSL_KEY_PASSWORD": WRONG}, "topics", "list")
    assert locked.returncode == 78
    assert "KAFKA_*: " in locked.stderr
    assert WRONG not in locked.stderr


def test_a_check_with_the_rights_of_another_is_not_ready(secured: SecuredKafka, tmp_path: Path) -> None:
    with served(tmp_path, ["hash-matcher"], lambda _: secured.by_password("text-classifier"), {}) as services:
        one = services["hash-matcher"]
        wait_until(lambda: "sluice topics access" in one.reasons(), 60)
        assert not one.ready()
        assert "GROUP_AUTHORIZATION_FAILED" in one.reasons()


def test_a_check_that_may_write_nothing_ends(secured: SecuredKafka, tmp_path: Path) -> None:
    with served(tmp_path, ["hash-matcher"], lambda _: secured.by_password("downstream"), {}) as services:
        one = services["hash-matcher"]
        wait_until(lambda: one.process.exit_code() is not None, 60)
        assert one.process.exit_code() == 1
        assert "CLUSTER_AUTHORIZATION_FAILED" in one.process.last_words()
        assert "sluice topics access" in one.process.last_words()


def test_a_check_that_may_not_write_says_which_topic_and_goes_on_once_it_may(
    secured: SecuredKafka, tmp_path: Path
) -> None:
    request_id = new_request_id()
    record = contents(image(), request_id=request_id, deadline_at_ms=now_ms() + 300_000).SerializeToString()
    with served(tmp_path, ["hash-matcher"], secured.by_password, {}) as services:
        one = services["hash-matcher"]
        with without(secured, "hash-matcher", writing(Topic.VERDICTS)):
            publish(secured.login("ingest"), Topic.CONTENTS, request_id, record)
            wait_until(lambda: f"{Topic.VERDICTS}: TOPIC_AUTHORIZATION_FAILED" in one.reasons(), 60)
            assert "sluice topics access" in one.reasons()
            assert not one.ready()
        assert len(of_request(secured.root, Topic.VERDICTS, request_id)) == 1
        wait_until(one.ready, 60)


def test_an_orchestrator_that_may_not_decide_ends_and_decides_later(secured: SecuredKafka, tmp_path: Path) -> None:
    request_id = new_request_id()
    asked = contents(image(), request_id=request_id, deadline_at_ms=now_ms() + 1000)
    asked.requested_at_ms = now_ms()
    with without(secured, "orchestrator", writing(Topic.DECISIONS)):
        with served(tmp_path, ["orchestrator"], secured.by_password, {}) as services:
            one = services["orchestrator"]
            wait_ready(services)
            publish(secured.login("ingest"), Topic.CONTENTS, request_id, asked.SerializeToString())
            wait_until(lambda: one.process.exit_code() is not None, 60)
            assert one.process.exit_code() == 1
            assert "TOPIC_AUTHORIZATION_FAILED" in one.process.last_words()
            assert str(Topic.DECISIONS) in one.process.last_words()
            assert "sluice topics access" in one.process.last_words()
        assert of_request(secured.root, Topic.DECISIONS, request_id, seconds=1) == []
    with served(tmp_path, ["orchestrator"], secured.by_password, {}):
        (found,) = of_request(secured.root, Topic.DECISIONS, request_id)
    assert action(Decision.FromString(found.value)) == "BLOCK"


def test_ingest_that_may_not_write_contents_says_so_and_loses_nothing(secured: SecuredKafka, tmp_path: Path) -> None:
    asked = ask(prompt("a lighthouse in fog"))
    with served(tmp_path, ["ingest"], secured.by_password, {}) as services:
        one = services["ingest"]
        with without(secured, "ingest", writing(Topic.CONTENTS), reading(Topic.CONTENTS)):
            publish(secured.login("generator"), Topic.REQUESTS, asked.id, asked.SerializeToString())
            wait_until(lambda: "TOPIC_AUTHORIZATION_FAILED" in one.reasons(), 60)
            assert str(Topic.CONTENTS) in one.reasons()
            assert "sluice topics access" in one.reasons()
            assert not one.ready()
        assert len(of_request(secured.root, Topic.CONTENTS, asked.id)) == 1
        wait_until(one.ready, 60)


def test_ingest_that_may_read_releases_again_is_ready_without_one(secured: SecuredKafka, tmp_path: Path) -> None:
    """Nobody may release anything for weeks: the grant itself must show."""
    with served(tmp_path, ["ingest"], secured.by_password, {}) as services:
        one = services["ingest"]
        wait_ready(services)
        for rights in ((reading(Topic.RELEASES),), (reading(Topic.DECISIONS),)):
            with without(secured, "ingest", *rights):
                wait_until(lambda: "TOPIC_AUTHORIZATION_FAILED" in one.reasons(), 60)
                assert not one.ready()
            wait_until(one.ready, 60)


def test_a_door_that_may_not_publish_fails_at_once_and_is_ready_again_without_a_caller(
    secured: SecuredKafka, tmp_path: Path
) -> None:
    asked = ask(prompt("a lighthouse in snow"))
    with served(tmp_path, ["orchestrator"], secured.by_password, {}) as services:
        one = services["orchestrator"]
        wait_ready(services)
        with without(secured, "orchestrator", writing(Topic.REQUESTS)):
            with grpc.insecure_channel(one.address) as channel, pytest.raises(grpc.RpcError) as caught:
                Client({"orchestrator": channel}).moderate(asked)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            wait_until(lambda: f"{Topic.REQUESTS}: TOPIC_AUTHORIZATION_FAILED" in one.reasons(), 60)
            assert not one.ready()
        # It is not ready, so nobody asks it any more: no record shows the grant.
        wait_until(one.ready, 60)
        assert of_request(secured.root, Topic.REQUESTS, asked.id, seconds=1) == []


def test_a_gateway_that_may_not_follow_the_log_says_so_and_is_ready_again(
    secured: SecuredKafka, tmp_path: Path
) -> None:
    told = {"SLUICE_GATEWAY_READY_CHECKS": "0"}
    with served(tmp_path, ["ingest", "orchestrator", "gateway"], secured.by_password, told) as services:
        one = services["gateway"]
        wait_ready(services)
        with without(secured, "gateway", reading(Topic.VERDICTS)):
            wait_until(lambda: f"{Topic.VERDICTS}: TOPIC_AUTHORIZATION_FAILED" in one.reasons(), 60)
            assert "sluice topics access" in one.reasons()
            assert not one.ready()
            assert httpx2.get(f"http://{one.http}/readyz").status_code == 503
        wait_until(one.ready, 60)


def test_a_gateway_that_may_not_see_the_checks_groups_says_so(secured: SecuredKafka, tmp_path: Path) -> None:
    (groups,) = (right for right in BY_NAME["gateway"].rights if right.resource is Resource.GROUP)
    with served(tmp_path, ["ingest", "orchestrator", "gateway"], secured.by_password, {}) as services:
        one = services["gateway"]
        wait_until(lambda: "nobody answers for hash, image" in one.reasons(), 60)
        with without(secured, "gateway", groups):
            wait_until(lambda: "cannot be told: GROUP_AUTHORIZATION_FAILED" in one.reasons(), 60)
            assert "sluice topics access" in one.reasons()
        wait_until(lambda: "nobody answers for hash, image" in one.reasons(), 60)


def test_a_signer_with_somebody_elses_id_ends(secured: SecuredKafka, tmp_path: Path) -> None:
    ids = Right(Resource.TRANSACTIONAL_ID, "sluice-c2pa-signer-", Operation.WRITE, prefixed=True)
    with (
        without(secured, "c2pa-signer", ids),
        served(tmp_path, ["c2pa-signer"], secured.by_password, {}) as services,
    ):
        one = services["c2pa-signer"]
        wait_until(lambda: one.process.exit_code() is not None, 60)
        assert one.process.exit_code() == 1
        assert "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" in one.process.last_words()
        assert "sluice topics access" in one.process.last_words()


# Last of all, for it leaves what is no message of ours on every topic.


@pytest.mark.parametrize("name", [one.name for one in PRINCIPALS])
def test_what_the_table_does_not_grant_is_refused(secured: SecuredKafka, name: str) -> None:
    one, topics = BY_NAME[name], [topic.value for topic in Topic]
    kafka = secured.login(name)
    if one.rights and len(name) % 2:
        kafka = settings_of(secured.by_certificate(name))
    assert refused_writes(kafka) == set(topics) - may(one, Operation.WRITE, Resource.TOPIC, topics)
    assert refused_reads(kafka) == set(topics) - may(one, Operation.READ, Resource.TOPIC, topics)
    assert refused_ids(kafka) == set(IDS) - may(one, Operation.WRITE, Resource.TRANSACTIONAL_ID, IDS)
    joins = may(one, Operation.READ, Resource.GROUP, GROUPS)
    unseen, unjoined = refused_groups(admin_client(kafka))
    assert unjoined == set(GROUPS) - joins
    assert unseen == set(GROUPS) - joins - may(one, Operation.DESCRIBE, Resource.GROUP, GROUPS)
