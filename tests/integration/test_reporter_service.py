"""The reporter on a real broker, with a real vault, and the simulator of the tip line as a process beside it."""

import hashlib
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
import pytest

from reporter.actions import account_key, appeal_reference
from sluice.bus.topics import Topic
from sluice.ids import new_request_id
from sluice.objects import held_key, original_key
from sluice.settings import KafkaSettings
from sluice.v1.account_action_pb2 import AccountAction
from sluice.v1.dead_letter_pb2 import DeadLetter
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_HELD,
    INCIDENT_STATE_NEW,
    INCIDENT_STATE_REPORTED,
    REPORT_PHASE_FINISHED,
    ListIncidentsRequest,
)
from sluice.vault.upkeep import verify
from tests.integration.orchestrator_alone import own_broker
from tests.integration.reporter_alone import Place, Service, Tipline, serving, simulating
from tests.integration.service_alone import ended, until
from tests.integration.topics import of_request
from tests.unit.postgres import Server

PICTURE = b"the bytes of a harmless picture"
CALLS = "sluice_reporter_calls_total"
HELD = 'sluice_reporter_incidents{service="reporter",state="held"}'


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_broker(tmp_path_factory.mktemp("broker") / "kafka") as found:
        yield found


@pytest.fixture
def tipline(tmp_path: Path) -> Iterator[Tipline]:
    with simulating(tmp_path) as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, kafka: KafkaSettings) -> Place:
    found = Place(tmp_path, kafka)
    found.empty_log()
    return found


def assert_gone(place: Place, data: bytes) -> None:
    """From the object store: the original, and the copy that no expiry takes."""
    sha256 = hashlib.sha256(data).digest()
    assert not place.objects.exists_now(original_key(sha256))
    assert not place.objects.exists_now(held_key(sha256))


def test_from_the_log_to_a_finished_report(place: Place, tipline: Tipline) -> None:
    incident, real = place.incident(PICTURE), place.incident(b"another picture", test=False)
    poison = new_request_id()
    place.publish(*[incident] * 5)
    place.publish_bytes((poison, b"\xff\xff"))
    with serving(place, tipline.settings()) as service:
        place.publish(real)
        service.wait_for(INCIDENT_STATE_HELD, incident, real)
        # However often it was written, and whatever else was.
        assert set(service.states()) == {incident.id, real.id}
        (record,) = of_request(place.kafka, Topic.DEAD_LETTERS, poison)
        letter = DeadLetter.FromString(record.value)
        assert (letter.service, letter.detail) == ("reporter", "not an incident")
        # Preserved before anybody has said anything, and gone from where things expire.
        until(lambda: service.get(incident).purged and service.get(real).purged, "it was not purged")
        until(lambda: service.count(HELD) == 2, "it was not counted")
        assert service.count("sluice_reporter_oldest_held_seconds") > 0
        assert_gone(place, PICTURE)
        assert tipline.reports() == []

        service.confirm(incident)
        service.wait_for(INCIDENT_STATE_REPORTED, incident)
        told = service.get(incident)
        (report,) = tipline.finished()
        assert (told.report.report_id, told.report.phase) == (report["report_id"], REPORT_PHASE_FINISHED)
        (file,) = report["files"]
        assert file["sha256"] == hashlib.sha256(PICTURE).hexdigest()
        assert told.who == "a.canary.person"

        confirmed = service.confirm(real)
        (record,) = of_request(place.kafka, Topic.ACCOUNT_ACTIONS, account_key(real.tenant, real.account_id).decode())
        action = AccountAction.FromString(record.value)
        assert (action.incident_id, action.account_id, action.reason) == (real.id, real.account_id, "known-csam")
        assert (action.appeal_reference, action.confirmed_at_ms) == (
            appeal_reference(real.id),
            confirmed.confirmed_at_ms,
        )
        until(lambda: service.count("sluice_reporter_oldest_unreported_seconds") > 0, "it was not counted")
        # It waits: real ones never go where nobody reads.
        assert service.get(real).state != INCIDENT_STATE_REPORTED
        assert len(tipline.reports()) == 1
        assert service.count(f'{CALLS}{{call="finish",outcome="ok"') == 1
        until(lambda: service.count("sluice_reporter_unpublished") == 0, "what was published still counts as waiting")
    vault = place.vault()
    assert not verify(vault).failed
    assert vault.read_for_report(told.evidence_ids[0], "a test") == PICTURE
    evidence = vault.find(told.evidence_ids[0])
    assert evidence is not None
    assert evidence.expires_at_ms is not None
    log = service.log.read_text()
    assert "Traceback" not in log
    assert "canary" not in log
    assert "simulator" not in log.replace(tipline.address, "")
    # All of it was said: nothing is begun again.
    with serving(place, tipline.settings()) as service:
        assert service.count(HELD) == 0
    assert len(tipline.reports()) == 1


def kill_when(place: Place, settings: Mapping[str, str], holds: Callable[[], bool]) -> None:
    """A process that dies in the middle of something."""
    service = Service(place, settings)
    try:
        until(holds, "it did not get there")
    finally:
        assert service.stop(signal.SIGKILL) == -signal.SIGKILL


def test_killed_in_the_middle_of_a_call_it_is_reported_once(place: Place, tipline: Tipline) -> None:
    incidents = [place.incident(f"picture {at}".encode(), account=f"account {at}") for at in range(3)]
    place.publish(*incidents)
    settings = tipline.settings(SLUICE_REPORTER_HOLD="0", SLUICE_REPORTER_WORKERS="1")
    tipline.spoil(kind="slow-after", call="upload", value=600)
    kill_when(place, settings, lambda: any(each["files"] for each in tipline.reports()))
    tipline.spoil(kind="slow-after", call="finish", value=600)
    kill_when(place, settings, lambda: tipline.finished() != [])
    with serving(place, settings) as service:
        service.wait_for(INCIDENT_STATE_REPORTED, *incidents)
        told = [service.get(one) for one in incidents]
    finished = tipline.finished()
    assert sorted(each["report_id"] for each in finished) == sorted(one.report.report_id for one in told)
    assert sorted(file["sha256"] for each in finished for file in each["files"]) == sorted(
        hashlib.sha256(f"picture {at}".encode()).hexdigest() for at in range(3)
    )
    assert len(tipline.reports()) > len(finished)


def test_what_it_has_in_hand_when_it_is_stopped_another_one_goes_on_with(place: Place, tipline: Tipline) -> None:
    incident = place.incident(PICTURE)
    place.publish(incident)
    settings = tipline.settings(SLUICE_REPORTER_HOLD="0", SLUICE_DRAIN_SECONDS="1")
    tipline.spoil(kind="slow-after", call="upload", value=600)
    with serving(place, settings) as service:
        until(lambda: any(each["files"] for each in tipline.reports()), "nothing was sent")
    # Not after a quarter of an hour: the claim was handed back.
    with serving(place, settings) as service:
        service.wait_for(INCIDENT_STATE_REPORTED, incident)
    assert sorted(each["state"] for each in tipline.reports()) == ["finished", "retracted"]


def test_a_ledger_that_is_lost_or_an_old_copy_gets_its_incidents_again(place: Place, tipline: Tipline) -> None:
    done, held, late = (place.incident(f"picture {at}".encode(), account=f"account {at}") for at in range(3))
    settings = tipline.settings()
    ledger, old = place.home / "reporter.db", place.home / "old.db"
    place.publish(done, held)
    with serving(place, settings) as service:
        service.wait_for(INCIDENT_STATE_HELD, done, held)
        service.confirm(done)
        service.wait_for(INCIDENT_STATE_REPORTED, done)
        (evidence,) = service.get(done).evidence_ids
        until(lambda: done.id in place.reported(evidence), "the vault was not told")
    shutil.copy(ledger, old)
    place.publish(late)
    with serving(place, settings) as service:
        service.wait_for(INCIDENT_STATE_HELD, held, late)
    # The broker has heard that all of it was read. Once nothing is left, and once what was left is too old.
    for left in ((), (old,)):
        for file in place.home.glob("reporter.db*"):
            file.unlink()
        for file in left:
            shutil.copy(file, ledger)
        with serving(place, settings) as service:
            # Ready means that they are all there once more.
            assert set(service.states()) == {done.id, held.id, late.id}
            service.wait_for(INCIDENT_STATE_HELD, held, late)
            service.wait_for(INCIDENT_STATE_REPORTED, done)
    assert len(tipline.reports()) == len(tipline.finished()) == 1


def test_a_file_is_for_one_reporter(place: Place) -> None:
    incident = place.incident(PICTURE)
    with serving(place, {}):
        second = Service(place, {}, 1)
        until(lambda: "another reporter works with this file" in str(second.reasons()), "it did not say so")
    with ended(second):
        place.publish(incident)
        second.wait_for(INCIDENT_STATE_HELD, incident)


def test_two_replicas_share_a_ledger_and_outlive_it(place: Place, tipline: Tipline) -> None:
    server = Server().start()
    try:
        settings = tipline.settings(SLUICE_REPORTER_HOLD="0", SLUICE_REPORTER_DB=server.create("shared"))
        incidents = [place.incident(f"picture {at}".encode(), account=f"account {at}") for at in range(6)]
        with serving(place, settings, 0) as first, serving(place, settings, 1) as second:
            place.publish(*incidents)
            first.wait_for(INCIDENT_STATE_REPORTED, *incidents)
            assert second.states() == first.states()
            server.stop()
            for service in (first, second):
                until(lambda s=service: "ledger" in (s.reasons() or {}), "it did not say that its ledger is away")  # type: ignore[misc] # bound on purpose
            with pytest.raises(grpc.RpcError) as caught:
                second.rpc.ListIncidents(ListIncidentsRequest(), timeout=60)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            late = place.incident(b"a late picture", account="another account")
            place.publish(late)
            server.start()
            for service in (first, second):
                until(service.ready, "it did not come back")
            first.wait_for(INCIDENT_STATE_REPORTED, late)
    finally:
        server.remove()
    files = [file["sha256"] for each in tipline.finished() for file in each["files"]]
    assert len(files) == len(set(files)) == len(incidents) + 1


def test_credentials_that_are_refused_are_told_and_what_is_confirmed_waits(place: Place, tipline: Tipline) -> None:
    incident = place.incident(PICTURE)
    place.publish(incident)
    tipline.spoil(kind="code", call="submit", value=2000)
    with serving(place, tipline.settings(SLUICE_REPORTER_HOLD="0")) as service:
        until(lambda: "tip line" in (service.notes() or {}), "it did not say so")
        assert service.ready()
        assert service.count(f'{CALLS}{{call="submit",outcome="terminal"') == 1
        until(lambda: service.get(incident).report.code == 2000, "it is not written down")
    assert tipline.reports() == []


def test_without_its_key_it_says_what_to_do_and_keeps_what_it_reads_from_expiry(place: Place) -> None:
    keys = (place.home / "vault.keys").rename(place.home / "elsewhere")
    incident = place.incident(PICTURE)
    place.publish(incident)
    service = Service(place, {})
    try:
        until(lambda: "sluice vault new-key" in str(service.reasons()), "it did not say so")
        service.wait_for(INCIDENT_STATE_NEW, incident)
        assert not service.ready()
        sha256 = hashlib.sha256(PICTURE).digest()
        assert place.objects.exists_now(held_key(sha256))
        # As an expiry rule of the bucket does.
        place.objects.delete_now(original_key(sha256))
        keys.rename(place.home / "vault.keys")
        service.wait_ready().wait_for(INCIDENT_STATE_HELD, incident)
    finally:
        assert service.stop() == 0


def test_a_vault_that_is_not_sound_for_a_moment_loses_nothing(place: Place) -> None:
    with serving(place, {}) as service:
        junk = place.home / "vault" / "audit" / f"{place.vault().log.verify().seq + 1:012d}"
        junk.parent.mkdir(parents=True, exist_ok=True)
        junk.write_bytes(b"junk")
        incident = place.incident(PICTURE)
        place.publish(incident)
        service.wait_for(INCIDENT_STATE_NEW, incident)
        until(lambda: "not sound" in service.get(incident).problem, "it was not looked at")
        assert service.get(incident).due_at_ms
        junk.unlink()
        service.wait_for(INCIDENT_STATE_HELD, incident)
        until(lambda: service.get(incident).purged, "it was not purged")
        assert_gone(place, PICTURE)


def test_what_is_not_in_the_store_is_told_to_a_person(place: Place) -> None:
    gone, good = place.incident(b"gone"), place.incident(PICTURE)
    place.objects.delete_now(original_key(hashlib.sha256(b"gone").digest()))
    place.publish(gone, good)
    with serving(place, {}) as service:
        service.wait_for(INCIDENT_STATE_HELD, good)
        until(lambda: service.get(gone).state != INCIDENT_STATE_NEW, "it was not looked at")
        assert service.get(gone).problem
        assert service.count('sluice_reporter_evidence_total{outcome="failed"') == 1
