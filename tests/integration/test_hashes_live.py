"""The hash matcher as a process on a real broker, its store changed by other processes while it is asked."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2

from sluice.deadline import now_ms
from sluice.hashes.change import Change, Op
from sluice.hashes.listed import Listed
from sluice.hashes.store import append
from sluice.hashing import Rgb, digests, pdq, pdq_dihedral
from sluice.local.ports import free_ports
from sluice.samples.test_bank import test_bank_picture as known_picture
from sluice.v1.contents_pb2 import PreparedContent
from sluice.v1.hash_matcher_pb2 import HashMatcherMatchRequest, HashMatcherMatchStreamRequest
from sluice.v1.hash_matcher_pb2_grpc import HashMatcherStub
from sluice.v1.verdict_pb2 import STATUS_OK
from tests.integration.orchestrator_alone import own_broker

SECONDS = 60.0
ADDITIONS = 5
AT_ONCE = 64
BANKS = "ours: {kind: csam, test: true, source: generated for this test, terms: none, fresh_for: 1h}\n"


def content(picture: bytes, rgb: Rgb | None = None) -> PreparedContent:
    """A picture as ingest prepares it; without pixels, as one that is too plain for PDQ."""
    found = PreparedContent(id="c0")
    image, of_bytes = found.image.digests, digests(picture)
    image.md5, image.sha1, image.sha256 = of_bytes.md5, of_bytes.sha1, of_bytes.sha256
    if rgb is not None:
        hashes, image.pdq_quality = pdq_dihedral(rgb)
        image.pdq.extend(hashes)
    return found


def hashes(store: Path, *words: str) -> dict[str, object]:
    """A command, as an operator runs it; what it says in JSON."""
    command = [sys.executable, "-m", "sluice.cli.main", "hashes", *words, "--store", str(store), "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    form = json.loads(told.stdout)
    assert isinstance(form, dict)
    return form


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a few thousand made-up digests."""
    folder = tmp_path_factory.mktemp("hashes")
    (folder / "banks.yaml").write_text(BANKS)
    rows = "".join(f"e{n},{digests(b'%d' % n).sha256.hex()}\n" for n in range(5000))
    (folder / "list.csv").write_text("id,pdq\n" + rows)
    assert hashes(folder, "build", f"ours={folder / 'list.csv'}")["entries"] == 5000
    return folder


@pytest.fixture(scope="module")
def matcher(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    """The service, ready."""
    home = tmp_path_factory.mktemp("home")
    (port,) = free_ports(1)
    with own_broker(home / "kafka") as kafka, (home / "matcher.log").open("wb") as log:
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "SLUICE_HOME": str(home),
            "SLUICE_HASHES": str(store),
            "SLUICE_REQUIRED_BANKS": "ours",
            "SLUICE_GRPC_ADDRESS": f"127.0.0.1:{port}",
        }
        command = [sys.executable, "-m", "hash_matcher"]
        process = subprocess.Popen(command, env={**os.environ, **told}, stdout=log, stderr=log)
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                wait_until_ready(channel)
                yield channel
        finally:
            process.terminate()
            assert process.wait(timeout=SECONDS) == 0


def wait_until_ready(channel: grpc.Channel) -> None:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    end = time.monotonic() + SECONDS
    while True:
        try:
            if check(health_pb2.HealthCheckRequest(service=""), timeout=5).status == 1:
                return
        except grpc.RpcError:
            pass
        assert time.monotonic() < end, "the matcher did not become ready"
        time.sleep(0.1)


class Asking:
    """Asks for a known picture on one stream, without a pause, and looks at every answer."""

    def __init__(self, channel: grpc.Channel, known: PreparedContent) -> None:
        self._known = known
        self._room = threading.Semaphore(AT_ONCE)
        self._stop = threading.Event()
        self._answers = HashMatcherStub(channel).MatchStream(self._requests())
        self._thread = threading.Thread(target=self._read)
        self.answered = 0
        self.wrong: list[str] = []

    def _requests(self) -> Iterator[HashMatcherMatchStreamRequest]:
        number = 0
        while not self._stop.is_set():
            if self._room.acquire(timeout=0.1):
                number += 1
                yield HashMatcherMatchStreamRequest(tag=str(number), content=self._known)

    def _read(self) -> None:
        try:
            for answer in self._answers:
                self._room.release()
                self.answered += 1
                result = answer.result
                entries = [match.entry for match in result.matches]
                if result.status != STATUS_OK or entries != ["known"]:
                    self.wrong.append(f"{result.status} {result.detail} {entries}")
        except grpc.RpcError as error:
            self.wrong.append(str(error))

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(SECONDS)


def matched(stub: HashMatcherStub, picture: PreparedContent) -> Sequence[str]:
    """Entries that a picture matches now."""
    request = HashMatcherMatchRequest(content=picture)
    return [match.entry for match in stub.Match(request, timeout=SECONDS).result.matches]


def until(stub: HashMatcherStub, picture: PreparedContent, entries: Sequence[str]) -> float:
    """Seconds until a picture matches these."""
    begin = time.monotonic()
    while matched(stub, picture) != entries:
        assert time.monotonic() - begin < SECONDS, "the change has no effect"
    return time.monotonic() - begin


def test_changes_are_seen_within_a_second_while_lookups_go_on_and_none_fails(
    matcher: grpc.Channel, store: Path
) -> None:
    stub = HashMatcherStub(matcher)
    picture = known_picture(1)
    known = content(picture.data, picture.rgb[:, ::-1])
    hashes(store, "add", "ours", "--id", "known", "--pdq", pdq(picture.rgb)[0].hex())
    until(stub, known, ["known"])
    begin = time.monotonic()
    with Asking(matcher, known) as asking:
        waited = []
        for number in range(ADDITIONS):
            new = content(b"picture %d" % number)
            assert matched(stub, new) == []
            listed = Listed(f"new-{number}", md5=new.image.digests.md5)
            append(store, [Change(now_ms(), (Op("ours", listed.id, listed),))])
            waited.append(until(stub, new, [f"new-{number}"]))
        hashes(store, "remove", "ours", "new-0")
        until(stub, content(b"picture 0"), [])
        # A new base under load: the old one goes on until the new one has been verified.
        generation = hashes(store, "merge")["generation"]
        hashes(store, "add", "ours", "--id", "last", "--md5", digests(b"last").md5.hex())
        waited.append(until(stub, content(b"last"), ["last"]))
        assert hashes(store, "stats")["generation"] == generation
        hashes(store, "merge")
    assert asking.wrong == []
    rate = asking.answered / (time.monotonic() - begin)
    # Of some tries the best, so that a busy machine's pauses are no failure of ours.
    assert min(waited) < 1.0
    assert asking.answered > 100
    print(f"{rate:.0f} lookups/s; additions seen after {', '.join(f'{one:.2f}' for one in waited)} s")


def test_a_stale_required_bank_is_not_ready_until_it_is_fresh(matcher: grpc.Channel, store: Path) -> None:
    check = matcher.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    rows = store / "list.csv"
    hashes(store, "build", f"ours={rows}", "--as-of", "2h")
    end = time.monotonic() + SECONDS
    while check(health_pb2.HealthCheckRequest(service=""), timeout=5).status == 1:
        assert time.monotonic() < end
        time.sleep(0.1)
    hashes(store, "add", "ours", "--id", "one", "--md5", digests(b"one").md5.hex(), "--fresh")
    wait_until_ready(matcher)
