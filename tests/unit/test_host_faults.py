"""Failure flags: read once, refused where unknown, off unless allowed, loud; none of them ever allows anything."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.decide import decide
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.check import Item, Result
from sluice.deadline import now_ms
from sluice.errors import EX_CONFIG, ConfigError
from sluice.host.batching import Batcher
from sluice.host.check_records import CheckRecords
from sluice.host.faults import ALLOW, FAULTS, VARIABLE, Faults, read_faults
from sluice.host.faulty_check import with_faults
from sluice.host.readiness import Readiness
from sluice.host.serve import serve
from sluice.objects import ObjectStore
from sluice.policy.load import load
from sluice.policy.model import Severity
from sluice.settings import Reader
from sluice.telemetry.logging import Log
from sluice.v1.contents_pb2 import Contents
from sluice.v1.verdict_pb2 import STATUS_ERROR, STATUS_TIMEOUT, Verdict
from tests.unit.build import REQUEST_ID, contents, text
from tests.unit.checks import ObedientCheck
from tests.unit.test_host_serve import Idle

DEFAULT_POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"
DEADLINE_MS = 300


class Harmless(ObedientCheck):
    """The check "text", which finds nothing."""

    name = "text"

    async def run(self, items: Any) -> list[Result]:
        return [Result(scores={"illicit": 0.01}) for _ in await super().run(items)]


def read(words: str, service: str = "text-classifier", allow: str = "1") -> Faults:
    reader = Reader({VARIABLE: words, ALLOW: allow})
    found = read_faults(reader, service)
    reader.finish()
    return found


def test_nothing_fails_by_default() -> None:
    assert read("") == Faults()


def test_flags_are_read_with_their_times() -> None:
    found = read("check-slow=800ms, check-error,not-ready,check-silent,records-slow=20ms")
    assert (found.check_slow_ms, found.records_slow_ms) == (800, 20)
    assert found.check_error
    assert found.check_silent
    assert found.not_ready
    assert not found.idle


def test_a_flag_for_another_service_is_not_this_ones() -> None:
    assert read("hash-matcher/check-error") == Faults()
    assert read("text-classifier/check-error,hash-matcher/not-ready") == Faults(
        check_error=True, words=("text-classifier/check-error",)
    )


@pytest.mark.parametrize(
    "word",
    ["check-eror", "check-slow", "check-slow=0ms", "check-slow=1s", "check-error=5ms", "x/y/check-error", "allow"],
)
def test_what_is_no_flag_is_refused_where_it_would_have_an_effect_and_else_does_no_harm(word: str) -> None:
    with pytest.raises(ConfigError, match=VARIABLE):
        read(f"not-ready,{word}", allow="1")
    assert read(f"not-ready,{word}", allow="0") == Faults(words=("not-ready", word), idle=True)


def test_a_service_does_not_start_with_one(capfd: pytest.CaptureFixture[str]) -> None:
    env = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:1", VARIABLE: "check-eror", ALLOW: "1"}
    assert serve(Idle, env) == EX_CONFIG
    assert f"idle: {VARIABLE}: 'check-eror' is none of: check-error, " in capfd.readouterr().err


def test_without_leave_nothing_fails() -> None:
    found = read("check-error,not-ready", allow="0")
    assert found == Faults(words=("check-error", "not-ready"), idle=True)


async def test_it_is_said_loudly_and_stays_on_the_board() -> None:
    stream = io.StringIO()
    log = Log("text-classifier", stream=stream)
    readiness = Readiness("", log)
    await read("check-error").tell(log, readiness)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert ("warning", "FAILS ON PURPOSE", "check-error") in [
        (line["level"], line["event"], line["detail"]) for line in lines
    ]
    assert "check-error" in readiness.notes["faults"]
    assert readiness.reasons == ()


async def test_a_flag_without_leave_is_a_warning_and_no_note() -> None:
    stream = io.StringIO()
    log = Log("text-classifier", stream=stream)
    readiness = Readiness("", log)
    await read("not-ready", allow="0").tell(log, readiness)
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["level"], line["detail"]) == ("warning", "not-ready")
    assert ALLOW in line["event"]
    assert (readiness.notes, readiness.reasons) == ({}, ())


async def test_not_ready_is_not_ready() -> None:
    log = Log("text-classifier", stream=io.StringIO())
    readiness = Readiness("", log)
    await read("not-ready").tell(log, readiness)
    assert "not ready on purpose" in readiness.conditions["faults"]


async def test_the_canary_of_a_failing_check_is_answered_as_ever() -> None:
    check = ObedientCheck()
    canary = check.examples()[0]
    other = Item("c9", canary.item.kind, text="fine", folded="fine")
    faulty = with_faults(check, read("check-error"))
    error, answered = await faulty.run([other, canary.item])
    assert (error.status.name, answered.status.name) == ("ERROR", "OK")
    assert canary.holds(answered)
    assert check.seen() == ["fine"]


async def test_a_failing_check_is_the_check_in_all_else() -> None:
    check = ObedientCheck()
    faulty = with_faults(check, read("check-slow=1ms"))
    for name in (
        "name",
        "service_name",
        "service",
        "kinds",
        "needs",
        "max_batch",
        "batch_wait_ms",
        "batches_at_once",
    ):
        assert getattr(faulty, name) == getattr(check, name)
    assert faulty.models() == check.models()
    assert (faulty.health(), faulty.refreshed()) == (check.health(), check.refreshed())
    assert with_faults(check, Faults()) is check


@pytest.fixture
async def batchers() -> AsyncIterator[list[Batcher]]:
    found: list[Batcher] = []
    yield found
    for batcher in found:
        await batcher.close()


async def answered_under(
    faults: Faults, batchers: list[Batcher], folder: Path
) -> tuple[Contents, dict[str, Verdict]]:
    """A harmless request, and what the check "text" answers with these faults."""
    check = with_faults(Harmless(), faults)
    batcher = Batcher(check, 4, Log("test", stream=io.StringIO()))
    batcher.start()
    batchers.append(batcher)
    records = CheckRecords(check, batcher, ObjectStore.open(folder.as_uri()))
    handle = faults.silenced(faults.slowed(records.handle))
    asked = contents(text(), deadline_at_ms=now_ms() + DEADLINE_MS)
    record = Record(Topic.CONTENTS, 0, 0, REQUEST_ID.encode(), asked.SerializeToString(), now_ms())
    verdicts = [Verdict.FromString(outgoing.value) for outgoing in await handle(record)]
    return asked, {verdict.check: verdict for verdict in verdicts}


LATE = f"={DEADLINE_MS + 200}ms"
WORDS = [name + (LATE if name in ("check-slow", "records-slow") else "") for name in FAULTS]


@pytest.mark.parametrize("word", [word for word in WORDS if word != "not-ready"])
async def test_no_fault_allows_anything(word: str, batchers: list[Batcher], tmp_path: Path) -> None:
    policy = load(DEFAULT_POLICY)
    asked, answered = await answered_under(read(word), batchers, tmp_path)
    outcome = decide(asked, answered, policy, late=True)
    assert outcome is not None
    assert (outcome.action, outcome.complete) == (Severity.BLOCK, False)
    statuses = {found.status for verdict in answered.values() for found in verdict.results}
    assert statuses <= {STATUS_ERROR, STATUS_TIMEOUT}


@pytest.mark.parametrize("faults", [Faults(), Faults(not_ready=True), Faults(words=("check-error",), idle=True)])
async def test_without_such_a_fault_the_same_request_is_allowed(
    faults: Faults, batchers: list[Batcher], tmp_path: Path
) -> None:
    asked, answered = await answered_under(faults, batchers, tmp_path)
    outcome = decide(asked, answered, load(DEFAULT_POLICY), late=True)
    assert outcome is not None
    assert (outcome.action, outcome.complete) == (Severity.ALLOW, True)
