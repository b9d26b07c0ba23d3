"""Every call of the tip line and of the vault is counted by how it ended."""

import io
import random
from typing import Any

import pytest

from reporter.counted import CALLS, KEPT, NOTE, CountedTipline, CountedVault, call_counters
from reporter.ports import Refusal, TiplineError
from sluice.errors import RetryableError, TerminalError
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.metric_values import begun, values
from tests.unit.reporter_server import Fate, Safe, Server
from tests.unit.reporter_world import an_incident

CALLS_TOTAL = "sluice_reporter_calls_total"
EVIDENCE = "sluice_reporter_evidence_total"


class Refusing:
    """A tip line that says no to everything."""

    def __init__(self, error: TiplineError) -> None:
        self._error = error

    def __getattr__(self, _: str) -> Any:
        async def call(*_: object) -> None:
            raise self._error

        return call


def board() -> Readiness:
    return Readiness("", Log("test", stream=io.StringIO()))


async def each(tipline: Any) -> None:
    """All five calls, each of which goes wrong."""
    for name, given in zip(CALLS, ((b"",), ("1", "a", b""), ("1", b""), ("1",), ("1",)), strict=True):
        with pytest.raises(TiplineError):
            await getattr(tipline, name)(*given)


async def test_every_call_counts_from_the_start() -> None:
    metrics = Metrics("reporter")
    counters = call_counters(metrics)
    assert begun(metrics, CALLS_TOTAL) == len(CALLS) * (1 + len(Refusal))
    tipline = CountedTipline(Server(Fate(random.Random(0)), "one"), counters, board())
    report_id = (await tipline.submit(b'{"members": []}')).report_id
    file_id = (await tipline.upload(report_id, "a", b"a")).file_id
    await tipline.fileinfo(report_id, file_id.encode())
    await tipline.finish(report_id)
    with pytest.raises(TiplineError):
        await tipline.retract(report_id)
    assert values(metrics, CALLS_TOTAL) == {
        ("submit", "ok"): 1,
        ("upload", "ok"): 1,
        ("fileinfo", "ok"): 1,
        ("finish", "ok"): 1,
        ("retract", "already"): 1,
    }


@pytest.mark.parametrize("kind", Refusal)
async def test_every_refusal_counts_as_its_kind(kind: Refusal) -> None:
    metrics = Metrics("reporter")
    await each(CountedTipline(Refusing(TiplineError(kind, 1, "no")), call_counters(metrics), board()))
    assert values(metrics, CALLS_TOTAL) == {(call, kind.value): 1 for call in CALLS}


async def test_credentials_that_are_refused_are_noted_until_they_are_taken() -> None:
    readiness, counters = board(), call_counters(Metrics("reporter"))
    for code in (2000, 3100):
        await each(CountedTipline(Refusing(TiplineError(Refusal.TERMINAL, code, "who?")), counters, readiness))
        assert str(code) in readiness.notes[NOTE]
    await each(CountedTipline(Refusing(TiplineError(Refusal.RETRY, 1000, "away")), counters, readiness))
    # Reports wait; nothing else here does.
    assert NOTE in readiness.notes
    assert readiness.reasons == ()
    await CountedTipline(Server(Fate(random.Random(0)), "one"), counters, readiness).submit(b"{}")
    assert readiness.notes == {}


async def test_originals_count_by_what_was_done_with_them() -> None:
    metrics, inner = Metrics("reporter"), Safe(Fate(random.Random(0)))
    vault = CountedVault(inner, metrics)
    assert begun(metrics, EVIDENCE) == len(KEPT)
    incident = an_incident(1, [b"a picture"])
    (content,) = incident.contents
    with pytest.raises(TerminalError):
        await vault.preserve(incident, content)
    inner.store[content.original.uri] = b"a picture"
    evidence = await vault.preserve(incident, content)
    assert await vault.read(evidence, "report 1") == b"a picture"
    inner.is_preserved = lambda _: True
    await vault.purge(content)
    await vault.reported(evidence, incident.id, "1", 1)
    await vault.released(evidence, "i2", "ada", "no match")
    await vault.ended(evidence, incident.id)
    lost = CountedVault(Safe(Fate(random.Random(0), faults=1.0)), metrics)
    with pytest.raises(RetryableError):
        await lost.read(evidence, "report 1")
    assert values(metrics, EVIDENCE) == {(outcome,): 1 for outcome in KEPT}
