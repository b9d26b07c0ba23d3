"""Each alert is quiet while all is well, and fires when what it is about is brought about, in a real Prometheus.

The services are real ones on a real broker; they fail by SLUICE_FAULTS, or by what makes them fail in earnest. The
rules are those of deploy/prometheus with shorter spans of time (`tests.alerts.hurried`). One story for all alerts: it
is told once, and every alert is looked up in it.
"""

import asyncio
import datetime as dt
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest

from gateway.keys import new_secret
from sluice import samples
from sluice.bus.create_topics import create
from sluice.bus.topics import Topic
from sluice.client_tls import open_channel, read_client_tls
from sluice.deadline import now_ms
from sluice.hashes.store import append
from sluice.ids import new_request_id
from sluice.local.authority import issue_chain
from sluice.local.service_authority import ServiceAuthority
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import Subject
from tests.alerts import alerts
from tests.integration.alert_gateway import AskedGateway, hanging
from tests.integration.alert_incidents import age_the_ledger, close_the_vault, match, spoil_a_record
from tests.integration.alert_prometheus import Alert, Prometheus, prometheus
from tests.integration.alert_services import Services, Traffic, services
from tests.integration.alert_setup import environment, policy_file, tipline
from tests.integration.client import ask, ask_output, prompt
from tests.integration.quick_start import quick_broker
from tests.integration.secure_services import REFLECTION, outcome
from tests.integration.topics import read_until
from tests.unit.build import contents, image
from tests.unit.hash_store import change
from tests.unit.otlp_receiver import receiving
from tests.unit.service_folders import Mount, mounted
from tests.unit.stamp_authority import Authority, stamping

NAMES = (
    "ingest", "text-classifier", "hash-matcher", "orchestrator", "c2pa-signer", "provenance", "policy-shadow",
    "reporter", "gateway",
)  # fmt: skip
Labels = Mapping[str, str]
GARBAGE = b"\xff\xff"
SECONDS = 30.0
"""How long an alert may take to fire. Most wait for seconds of trouble; spans are given up after ten."""


@dataclass
class Story:
    """What was seen. `before`: labels of what fired while all was well, `fired`: of what has fired since.

    `said`: some of it, with what it says. `harmed`: ids of harmless requests whose check failed meanwhile; `allowed`:
    ids of all that was allowed.
    """

    before: list[Labels] = field(default_factory=list)
    fired: list[Labels] = field(default_factory=list)
    said: list[Alert] = field(default_factory=list)
    harmed: set[str] = field(default_factory=set)
    allowed: set[str] = field(default_factory=set)
    broken_rules: list[str] = field(default_factory=list)


EXPECTED: Mapping[str, Mapping[str, str]] = {
    "SluiceServiceAbsent": {"service": "text-classifier"},
    "SluiceServiceNotReady": {"service": "provenance"},
    "SluiceCheckErrors": {"check": "text"},
    "SluiceDecisionsIncomplete": {"check": "text", "reason": "error"},
    "SluiceDecisionsBurnFast": {"stage": "PROMPT"},
    "SluiceDecisionsBurnSlow": {"stage": "PROMPT"},
    "SluiceLatencyBurnFast": {"stage": "PROMPT"},
    "SluiceLatencyBurnSlow": {"stage": "PROMPT"},
}
"""Labels by which an alert is told from others of its name that fire for other reasons: not every service runs here,
and what is done to one may show at another."""


def has(found: Sequence[Labels], name: str) -> bool:
    """Whether this alert is among them."""
    wanted = {"alertname": name, **EXPECTED.get(name, {})}
    return any(wanted.items() <= labels.items() for labels in found)


class Stage:
    """Everything that the story needs, and its acts."""

    def __init__(
        self,
        home: Path,
        kafka: KafkaSettings,
        running: Services,
        server: Prometheus,
        story: Story,
        gateway: AskedGateway,
    ) -> None:
        self.home = home
        self.running = running
        self.server = server
        self.story = story
        self.gateway = gateway
        self.traffic = Traffic(kafka)
        self.began = 0.0

    def wait(self, *names: str) -> None:
        """Until all of these have fired since all was well, or it is too late."""

        def enough(found: list[Alert]) -> bool:
            self.story.said += found
            self.story.fired = self.server.fired(time.monotonic() - self.began)
            return all(has(self.story.fired, name) for name in names)

        self.server.wait(enough, SECONDS)
        self.running.all_run()

    def prompts(self, count: int, deadline_ms: int = 60_000, tenant: str = "", pause: float = 0.0) -> set[str]:
        found = [ask(prompt("a lighthouse at dusk"), deadline_ms=deadline_ms) for _ in range(count)]
        for request in found:
            request.subject.CopyFrom(Subject(tenant=tenant))
        return self.traffic.ask(found, pause)

    def pictures(self, count: int, known: bool = False) -> None:
        from_where = samples.test_bank_pictures() if known else samples.pictures()
        picture = from_where[3].data
        self.traffic.ask([ask_output(picture) for _ in range(count)], 0.05)

    def all_is_well(self) -> None:
        """Some of everything, and nothing fires that is about what runs here."""
        self.prompts(100, pause=0.05)
        assert [self.gateway.ask() for _ in range(3)] == [200] * 3
        self.pictures(3)
        names = alerts()

        def quiet(found: list[Alert]) -> bool:
            labels = [alert.labels for alert in found]
            return self.server.scraped() == len(NAMES) and not any(has(labels, name) for name in names)

        self.story.before = [alert.labels for alert in self.server.wait(quiet, SECONDS)]
        self.began = time.monotonic()
        self.story.broken_rules = self.server.rule_errors()

    def a_rule_blocks_too_much(self) -> None:
        """One that blocked nothing until now."""
        self.prompts(30, tenant="loud")
        self.wait("SluiceBreakerOpen")

    def files_and_records(self, authority: ExitStack, collector: ExitStack) -> None:
        """What fails by its files, its neighbours, and what strangers send; and a check that errs."""
        self.running.start("text-classifier", "check-error")
        self.running.start("provenance", "not-ready,records-slow=600000ms")
        authority.close()
        collector.close()
        policy_file(self.home, "orchestrator", version="2")
        (self.home / "ingest.yaml").write_text("version: [\n")
        append(self.home / "hashes", [change(fresh={"other": now_ms() - 2 * 3_600_000})])
        for _ in range(150):
            asset = SignedAsset(request_id=new_request_id(), manifest_label="x", certificate_serial="1")
            self.traffic.publish(Topic.SIGNED, asset.SerializeToString())
        self.traffic.flush()
        self.pictures(6, known=True)
        self.running.wait_ready("text-classifier")
        # Not before: what starts has no older lists to keep.
        (self.home / "lists" / "broken.csv").write_bytes(GARBAGE)
        self.story.harmed |= self.prompts(60, pause=0.05)
        self.pictures(3)
        for _ in range(20):
            self.traffic.publish(Topic.REQUESTS, GARBAGE)
        self.traffic.publish(Topic.CONTENTS, GARBAGE)
        self.traffic.publish(Topic.DECISIONS, GARBAGE)
        # Digests that ingest would never send.
        unsound = contents(image(), request_id=new_request_id(), deadline_at_ms=now_ms() + 5000)
        self.traffic.publish(Topic.CONTENTS, unsound.SerializeToString(), unsound.request_id)
        self.traffic.flush()
        self.wait(
            "SluiceTimestampAuthorityDown", "SluicePicturesUnstamped", "SluiceSigningKeyFailing",
            "SluicePolicyDiffers", "SluicePolicyRefused", "SluiceNameListsRefused",
            "SluiceServiceNotReady", "SluiceProvenanceBehind", "SluiceShadowFailing",
            "SluiceRecordsLost", "SluiceRecordsRefused",
            "SluiceHashBankStale", "SluiceHashEntriesQuarantined", "SluiceHashLookupsFailing",
        )  # fmt: skip
        self.story.harmed |= self.prompts(60, pause=0.05)
        self.wait("SluiceCheckErrors", "SluiceDecisionsIncomplete")
        with self.gateway.asking():
            self.wait("SluiceGatewayErrors")
        self.wait("SluiceDecisionsBurnFast", "SluiceDecisionsBurnSlow")
        self.wait("SluiceSpansDropped")

    def keys_are_tried(self) -> None:
        """With a key that nobody made."""
        with self.gateway.asking(key=new_secret(), expects=401):
            self.wait("SluiceGatewayKeysRefused")

    def matches_and_reports(self) -> None:
        """Evidence that cannot be read or kept, and incidents that wait for people, or for a tip line that is off."""
        self.match(b"kept")
        until = time.monotonic() + SECONDS
        while not spoil_a_record(self.home):
            assert time.monotonic() < until
            time.sleep(0.1)
        self.running.stop("reporter")
        asyncio.run(age_the_ledger(self.home))
        self.running.start("reporter")
        self.running.wait_ready("reporter")
        self.match(b"gone", stored=False)
        self.wait(
            "SluiceIncidentFailed", "SluiceReportFailed", "SluiceIncidentUnreported", "SluiceIncidentHeldLong",
            "SluiceTiplineFailing", "SluiceAccountActionsWaiting", "SluiceEvidenceUpkeepFailing",
        )  # fmt: skip
        close_the_vault(self.home)
        self.match(b"not kept")
        self.wait("SluiceEvidenceNotPreserved")

    def match(self, data: bytes, stored: bool = True) -> None:
        incident = match(self.home, data, stored)
        self.traffic.publish(Topic.INCIDENTS, incident.SerializeToString(), incident.id)
        self.traffic.flush()

    def lists_and_keys(self) -> None:
        """A store of hashes and a chain that are spoiled while they are used; certificates that are about to end."""
        hashes, certs = self.home / "hashes", self.home / "certs"
        copy = self.home / "copy"
        shutil.copytree(hashes, copy)
        append(copy, [change(fresh={"other": now_ms()})])
        (delta,) = copy.glob("delta-*.log")
        whole = delta.read_bytes()
        written = (hashes / delta.name).stat().st_size
        with (hashes / delta.name).open("ab") as file:
            file.write(whole[written:-1] + b"?")
        ends_soon = dt.datetime.now(dt.UTC) - dt.timedelta(days=365) + dt.timedelta(hours=3)
        for name, content in issue_chain(ends_soon).items():
            (certs / name).write_bytes(content)
        self.wait("SluiceHashChangeSpoiled", "SluiceSigningCertificateEndsSoon", "SluiceSigningCertificateEndsNow")
        (certs / "chain.pem").write_bytes(GARBAGE)
        (hashes / "banks.yaml").write_text("other: [\n")
        self.wait("SluiceSigningChainRefused", "SluiceHashStoreNotFollowed", "SluiceHashMatcherNotReady")

    def callers_and_certificates(self, mount: Mount, house: ServiceAuthority, env: Mapping[str, str]) -> None:
        """One service asks who calls: nobody is listed, its certificate is about to end, and the list is spoiled."""
        with open_channel(self.running.address("policy-shadow"), read_client_tls(env)) as channel:
            assert outcome(channel, f"{REFLECTION}/ServerReflectionInfo")[0] is grpc.StatusCode.PERMISSION_DENIED
        began = dt.datetime.now(dt.UTC) - dt.timedelta(hours=21)
        mount.issue(house, "policy-shadow", begins=began, days=1)
        Path(env["SLUICE_PEERS"]).write_text("[\n")
        self.wait("SluiceCallsDenied", "SluiceGrpcCertificateEnds", "SluiceGrpcFilesRefused")

    def a_check_is_slow(self) -> None:
        """More comes than it can do: its queue is full, it falls behind, and answers come late or not at all."""
        (self.home / "lists" / "broken.csv").unlink()
        self.running.start("text-classifier", "check-slow=3000ms", SLUICE_MAX_INFLIGHT="128")
        self.running.wait_ready("text-classifier")
        for _ in range(20):
            self.prompts(20, pause=0.005)
            self.story.harmed |= self.prompts(5, deadline_ms=2500)
        self.wait(
            "SluiceCheckSlow", "SluiceCheckTimeouts", "SluiceCheckQueueFull", "SluiceLagGrowing",
            "SluiceLatencyBurnFast", "SluiceLatencyBurnSlow",
        )  # fmt: skip

    def a_check_is_silent(self) -> None:
        """Nothing is decided while requests wait for an answer that does not come."""
        self.running.start("text-classifier", "check-silent")
        self.running.wait_ready("text-classifier")
        self.story.harmed |= self.prompts(50)
        self.wait("SluiceUndecidedOld")

    def the_gateway_is_full_and_behind(self, kafka: KafkaSettings) -> None:
        """While nothing is decided one call is all that it takes; and a log has no end that could be read."""
        self.running.start("gateway", SLUICE_MAX_WAITING_CALLS="1")
        self.running.wait_ready("gateway")
        with self.gateway.asking(callers=3, expects=503):
            self.wait("SluiceGatewayFull")
        with hanging(kafka, Topic.DECISIONS):
            self.wait("SluiceGatewayBehind")

    def they_are_gone(self) -> None:
        """Two services end."""
        self.running.stop("text-classifier", "hash-matcher")
        self.wait("SluiceServiceAbsent", "SluiceHashMatcherAbsent", "SluiceTargetDown")

    def what_was_allowed(self, kafka: KafkaSettings) -> None:
        """Ids of the decisions that allow."""
        found = read_until(kafka, Topic.DECISIONS, lambda _: False, 3.0)
        good = [Decision.FromString(record.value) for record in found if record.value != GARBAGE]
        self.story.allowed = {decision.request_id for decision in good if decision.action == ACTION_ALLOW}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Told once."""
    home = tmp_path_factory.mktemp("alerts")
    found = Story()
    broker = quick_broker(home / "kafka")
    with ExitStack() as stack:
        stack.callback(broker.stop)
        create(broker.kafka, 1, 1)
        authority, collector = stack.enter_context(ExitStack()), stack.enter_context(ExitStack())
        stamps = authority.enter_context(stamping(Authority()))
        receiver = collector.enter_context(receiving())
        running = stack.enter_context(services(NAMES, home, environment(home, broker.kafka, stamps)))
        own = {name: {"SLUICE_POLICY": str(policy_file(home, name))} for name in ("ingest", "orchestrator")}
        own["ingest"]["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{receiver.port}"
        house = ServiceAuthority()
        mount = mounted(home / "tls", house, "policy-shadow")
        (home / "peers.yaml").write_text("{}\n")
        folder = str(mount.folder)
        guarded = {
            "SLUICE_TLS_DIR": folder,
            "SLUICE_CLIENT_TLS_DIR": folder,
            "SLUICE_PEERS": str(home / "peers.yaml"),
        }
        own["policy-shadow"] = guarded
        own["reporter"] = tipline()
        gateway = AskedGateway()
        own["gateway"] = gateway.told(running.address("orchestrator"), running.address("ingest"))
        for name in NAMES:
            running.start(name, **own.get(name, {}))
        server = stack.enter_context(prometheus(home / "prometheus", list(running.ops.values())))
        running.wait_ready(*NAMES)
        stage = Stage(home, broker.kafka, running, server, found, gateway)
        stage.all_is_well()
        stage.a_rule_blocks_too_much()
        stage.files_and_records(authority, collector)
        stage.keys_are_tried()
        stage.matches_and_reports()
        stage.lists_and_keys()
        stage.callers_and_certificates(mount, house, guarded)
        stage.a_check_is_slow()
        stage.a_check_is_silent()
        stage.the_gateway_is_full_and_behind(broker.kafka)
        stage.they_are_gone()
        stage.what_was_allowed(broker.kafka)
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_is_quiet_while_all_is_well_and_fires_when_it_is_not(story: Story, name: str) -> None:
    assert not has(story.before, name)
    assert has(story.fired, name)


def test_what_an_alert_says_can_be_said(story: Story) -> None:
    assert story.broken_rules == []
    # One that fires for a moment may be over between two looks.
    assert len({alert.name for alert in story.said} & alerts().keys()) > len(alerts()) / 2
    for alert in story.said:
        for text in alert.annotations.values():
            assert text
            assert "<no value>" not in text, alert
            assert "<error expanding template" not in text, alert


def test_nothing_harmless_was_allowed_while_its_check_failed(story: Story) -> None:
    assert story.harmed
    assert story.allowed
    assert not story.harmed & story.allowed
