"""The provenance service on a real broker, with SQLite and with PostgreSQL: once each, and nothing lost."""

import io
import json
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import grpc
import psycopg
import pytest
from confluent_kafka import OFFSET_END, TopicPartition
from PIL import Image

from provenance.embedded import manifest_store
from sluice.bus.clients import admin_client, plain_producer
from sluice.bus.topics import Topic
from sluice.ids import new_request_id
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DeadLetter
from sluice.v1.provenance_pb2 import ANSWER_OURS, ANSWER_UNKNOWN, EVIDENCE_CREDENTIAL, EVIDENCE_EXACT_PIXELS
from tests.integration.orchestrator_alone import PARTITIONS, own_broker
from tests.integration.provenance_alone import Place, Service, publish, serving
from tests.integration.service_alone import until
from tests.integration.topics import of_request
from tests.unit.postgres import Server

WRITTEN = 'sluice_provenance_assets_total{outcome="written"'
KNOWN = 'sluice_provenance_assets_total{outcome="known"'


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_broker(tmp_path_factory.mktemp("broker") / "kafka") as found:
        yield found


@pytest.fixture
def kafka(broker: KafkaSettings) -> Iterator[KafkaSettings]:
    """With no signed picture in the log: an empty database would want those of the other tests."""
    yield broker
    everything = [TopicPartition(Topic.SIGNED, number, OFFSET_END) for number in range(PARTITIONS)]
    admin = admin_client(broker)
    for done in admin.delete_records(everything).values():
        done.result(30)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    try:
        yield server.start()
    finally:
        server.remove()


def without_credentials(picture: bytes) -> bytes:
    """The same pixels, saved again."""
    saved = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(saved, "PNG", compress_level=1)
    return saved.getvalue()


def numbers(database: Path) -> list[tuple[int, str]]:
    """Number and label of every record."""
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT number, manifest_label FROM provenance_records ORDER BY number").fetchall()
    finally:
        connection.close()


def test_what_was_signed_is_found_by_both_doors_and_after_a_restart(kafka: KafkaSettings, tmp_path: Path) -> None:
    place = Place(tmp_path, kafka)
    first, second = place.sign(), place.sign()
    place.publish(first, second)
    # It is ready only when what was in the log is written down.
    with serving(place) as service:
        assert [label for _, label in numbers(tmp_path / "provenance.db")] != []
        assert_found(service, first.data, first.asset.manifest_label)
        bare = without_credentials(second.data)
        answer = service.find(bare)
        assert answer.answer == ANSWER_OURS
        assert (answer.findings[0].evidence, answer.findings[0].request_id) == (
            EVIDENCE_EXACT_PIXELS,
            second.asset.request_id,
        )
        matches = service.by_content(bare)
        assert matches[0] == {"manifestId": second.asset.manifest_label, "similarityScore": 100}
        assert service.get(f"/manifests/{second.asset.manifest_label}") == manifest_store(second.data)
        assert "fingerprints" in json.loads(service.get("/services/supportedAlgorithms"))
        stranger = without_credentials(place.sign().data)
        assert service.find(stranger).answer == ANSWER_UNKNOWN
        with pytest.raises(grpc.RpcError) as caught:
            service.find(b"no picture")
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    before = numbers(tmp_path / "provenance.db")
    third = place.sign()
    place.publish(first, third)
    with serving(place) as service:
        until(lambda: service.count(WRITTEN) == 1 and service.count(KNOWN) == 1, "the third was not recorded")
        assert numbers(tmp_path / "provenance.db")[: len(before)] == before
        assert len(numbers(tmp_path / "provenance.db")) == 3
        for each in (first, second, third):
            until(lambda each=each: found(service, each.data), "not found")  # type: ignore[misc] # bound on purpose
            assert_found(service, each.data, each.asset.manifest_label)
        log = service.log.read_text()
        assert "Traceback" not in log


def found(service: Service, picture: bytes) -> bool:
    return service.find(picture).answer == ANSWER_OURS


def assert_found(service: Service, picture: bytes, label: str) -> None:
    answer = service.find(picture)
    assert answer.answer == ANSWER_OURS
    assert (answer.findings[0].evidence, answer.findings[0].manifest_label) == (EVIDENCE_CREDENTIAL, label)


def test_killed_again_and_again_it_writes_each_once(kafka: KafkaSettings, tmp_path: Path) -> None:
    place = Place(tmp_path, kafka)
    pictures = [place.sign() for _ in range(12)]
    database = tmp_path / "provenance.db"
    place.publish(*pictures)
    for kept in (1, 4):
        service = Service(place)
        until(lambda kept=kept: database.exists() and have(database, kept), "nothing was recorded")  # type: ignore[misc] # bound on purpose
        assert service.stop(signal.SIGKILL) == -signal.SIGKILL
    with serving(place):
        labels = [label for _, label in numbers(database)]
    wanted = {each.asset.manifest_label for each in pictures}
    assert wanted <= set(labels)
    assert len(labels) == len(set(labels))


def test_a_database_that_is_lost_or_an_old_copy_fills_again(kafka: KafkaSettings, tmp_path: Path) -> None:
    place = Place(tmp_path, kafka)
    database, copy = tmp_path / "provenance.db", tmp_path / "copy.db"
    first, second = place.sign(), place.sign()
    place.publish(first)
    with serving(place):
        assert len(numbers(database)) == 1
        with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        place.publish(second)
        until(lambda: len(numbers(database)) == 2, "the second was not recorded")
    for old, again in ((None, 2), (copy, 1)):
        for part in tmp_path.glob("provenance.db*"):
            part.unlink()
        if old is not None:
            old.rename(database)
        # Ready means: it is all there once more, whatever the broker was told before.
        with serving(place) as service:
            assert {label for _, label in numbers(database)} == {
                first.asset.manifest_label,
                second.asset.manifest_label,
            }
            assert (service.count(WRITTEN), service.count(KNOWN)) == (again, 0)
            for each in (first, second):
                until(lambda p=each: found(service, without_credentials(p.data)), "not found")  # type: ignore[misc] # bound on purpose


def have(database: Path, count: int) -> bool:
    try:
        return len(numbers(database)) >= count
    except sqlite3.OperationalError:
        return False


def test_what_cannot_be_recorded_is_a_dead_letter_and_holds_up_nothing(kafka: KafkaSettings, tmp_path: Path) -> None:
    place = Place(tmp_path, kafka)
    broken, gone, other, good = new_request_id(), place.sign(), place.sign(), place.sign()
    Path(gone.asset.signed.uri.removeprefix("file://")).unlink()
    other.asset.manifest_label = good.asset.manifest_label + "0"
    with serving(place) as service:
        producer = plain_producer(kafka)
        publish(producer, broken, b"\xff\xff")
        assert producer.flush(30) == 0
        place.publish(gone, other, good)
        until(lambda: found(service, good.data), "the good one was held up")
        for request_id, words in (
            (broken, "not a signed asset"),
            (gone.asset.request_id, "is not in the object store"),
            (other.asset.request_id, "another manifest"),
        ):
            (record,) = of_request(kafka, Topic.DEAD_LETTERS, request_id)
            letter = DeadLetter.FromString(record.value)
            assert (letter.service, letter.request_id) == ("provenance", request_id)
            assert words in letter.detail
    # Answered for good: the next start does not read them again.
    with serving(place) as service:
        assert service.count(KNOWN) == service.count(WRITTEN) == 0


def test_two_replicas_share_a_database_and_one_outlives_it(
    kafka: KafkaSettings, server: Server, tmp_path: Path
) -> None:
    place = Place(tmp_path, kafka)
    url = server.create("shared")
    pictures = [place.sign() for _ in range(8)]
    with (
        serving(place, 0, SLUICE_PROVENANCE_DB=url) as first,
        serving(place, 1, SLUICE_PROVENANCE_DB=url) as second,
    ):
        place.publish(*pictures)
        until(lambda: first.count(WRITTEN) + second.count(WRITTEN) == len(pictures), "not all were recorded")
        for service in (first, second):
            for each in pictures:
                until(lambda s=service, p=each: found(s, without_credentials(p.data)), "not found by both")  # type: ignore[misc] # bound on purpose
        server.stop()
        until(lambda: "records" in (second.reasons() or {}), "it did not say that its database is away")
        late = place.sign()
        place.publish(late)
        with pytest.raises(grpc.RpcError) as caught:
            second.find(late.data)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        server.start()
        for service in (first, second):
            until(service.ready, "it did not come back")
            until(lambda s=service: found(s, without_credentials(late.data)), "lost")  # type: ignore[misc] # bound on purpose
    with psycopg.connect(url) as connection:
        (labels,) = zip(*connection.execute("SELECT manifest_label FROM provenance_records"), strict=True)
    assert sorted(labels) == sorted(each.asset.manifest_label for each in (*pictures, late))


def test_what_is_old_is_removed(kafka: KafkaSettings, tmp_path: Path) -> None:
    place = Place(tmp_path, kafka)
    old, young = place.sign(), place.sign()
    old.asset.signed_at_ms -= 3 * 86_400_000
    place.publish(old, young)
    with serving(place):
        pass
    assert len(numbers(tmp_path / "provenance.db")) == 2
    with serving(place, SLUICE_PROVENANCE_KEEP_DAYS="2") as service:
        until(lambda: len(numbers(tmp_path / "provenance.db")) == 1, "nothing was removed")
        assert found(service, without_credentials(young.data))
        assert service.find(without_credentials(old.data)).answer == ANSWER_UNKNOWN


def test_without_roots_it_is_not_ready_and_says_what_to_do(kafka: KafkaSettings, tmp_path: Path) -> None:
    place = Place(tmp_path, kafka)
    (tmp_path / "certs" / "root.pem").unlink()
    service = Service(place)
    try:
        until(lambda: "sluice dev certs" in str(service.reasons()), "it did not say so")
    finally:
        assert service.stop() == 0
