"""`sluice trace`: what is asked for, where it is looked for, what is said where there is nothing."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from sluice.cli import trace_find
from sluice.cli.main import main
from sluice.cli.trace import about, not_found, parse_asked
from sluice.cli.trace_ask import Backend, NoTracesError
from sluice.cli.trace_find import Asked, Places, places, seek
from sluice.cli.trace_log import Logged
from sluice.errors import ConfigError, RetryableError
from sluice.local.state import Running, ServiceAt, claim, publish
from sluice.settings import KafkaSettings
from sluice.trace.span import TraceSpan
from tests.trace_samples import REQUEST_ID, TRACE_ID, seen

OWN = "4bf92f3577b34da6a3ce929d0e0e4736"
KAFKA = KafkaSettings({"bootstrap.servers": "broker:9092"})
ASKED = Asked(REQUEST_ID, TRACE_ID)
LONG_AGO = 1_700_000_000_000
RUNNING = Running(1, "", "127.0.0.1:9", "file:///o", "/c", {}, ServiceAt("127.0.0.1:4", 7, http="127.0.0.1:5"))


class World:
    """Backends and a log that say what they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.traces: dict[str, Sequence[TraceSpan] | str] = {}
        self.turns: list[Sequence[TraceSpan]] = []
        self.logged: Logged | str | None = None
        self.fetched: list[str] = []
        self.looked = 0
        self.now = 0.0
        monkeypatch.setattr(Backend, "fetch", lambda _, trace_id: self.fetch(trace_id))
        monkeypatch.setattr(trace_find, "from_log", lambda *_: self.log())
        monkeypatch.setattr("time.sleep", self.sleep)

    def fetch(self, trace_id: str) -> list[TraceSpan]:
        self.fetched.append(trace_id)
        found = self.turns.pop(0) if self.turns else self.traces.get(trace_id, ())
        if isinstance(found, str):
            raise NoTracesError(found)
        return list(found)

    def log(self) -> Logged | None:
        self.looked += 1
        if isinstance(self.logged, str):
            raise RetryableError(self.logged)
        return self.logged

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.01)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def jaeger(kafka: KafkaSettings | None = KAFKA) -> Places:
    return Places(Backend("http://j"), "jaeger", kafka)


def logged(trace_id: str = TRACE_ID, decided_at_ms: int = LONG_AGO) -> Logged:
    return Logged(trace_id, decided_at_ms, tuple(seen()))


def test_request_ids_and_trace_ids_are_told_apart() -> None:
    assert parse_asked(REQUEST_ID.upper()) == ASKED
    assert parse_asked(TRACE_ID.upper()) == Asked("", TRACE_ID)


@pytest.mark.parametrize("wrong", ["", "0" * 32, "x" * 32, REQUEST_ID[:-1], f"{{{REQUEST_ID}}}", TRACE_ID + "0"])
def test_anything_else_is_wrong_usage(wrong: str) -> None:
    with pytest.raises(typer.Exit) as caught:
        parse_asked(wrong)
    assert caught.value.exit_code == 2


def test_spans_come_before_the_log(world: World) -> None:
    world.traces[TRACE_ID] = seen()
    answer = jaeger().look(ASKED, REQUEST_ID)
    assert answer is not None
    assert (answer.source, answer.where, answer.settled, len(answer.tree.rows)) == ("jaeger", "http://j", True, 8)
    assert world.looked == 0


def test_without_spans_the_log_tells(world: World) -> None:
    world.logged = logged()
    answer = jaeger().look(ASKED, REQUEST_ID)
    assert answer is not None
    assert (answer.source, answer.where, answer.settled) == ("log", "broker:9092", True)
    assert world.fetched == [TRACE_ID]


def test_a_request_that_brought_its_own_trace_is_found_by_its_record(world: World) -> None:
    world.logged = logged(OWN)
    world.traces[OWN] = seen()
    answer = jaeger().look(ASKED, REQUEST_ID)
    assert answer is not None
    assert (answer.source, answer.asked, world.fetched) == ("jaeger", Asked(REQUEST_ID, OWN), [TRACE_ID, OWN])
    assert list(about(answer)) == [
        f"request {REQUEST_ID}, in trace {OWN}, which its sender brought along",
        "from http://j",
    ]


def test_a_trace_id_finds_its_request(world: World) -> None:
    world.traces[TRACE_ID] = seen()
    answer = jaeger().look(Asked("", TRACE_ID), str(uuid.UUID(TRACE_ID)))
    assert answer is not None
    assert answer.asked == ASKED
    assert next(about(answer)) == f"request {REQUEST_ID}"


def test_a_backend_that_fails_is_told_and_the_log_asked(world: World) -> None:
    world.traces[TRACE_ID] = "it is down"
    world.logged = logged()
    found = jaeger()
    answer = found.look(ASKED, REQUEST_ID)
    assert answer is not None
    assert (answer.source, found.problems) == ("log", {"backend": "it is down"})
    world.traces[TRACE_ID] = ()
    world.logged = "no broker"
    assert found.look(ASKED, REQUEST_ID) is None
    assert found.problems == {"log": "no broker"}


def test_without_waiting_there_is_one_look(world: World) -> None:
    assert seek(jaeger(), ASKED, REQUEST_ID, 0, world.clock) is None
    assert (world.fetched, world.looked, world.now) == ([TRACE_ID], 1, 0)


def test_it_waits_for_the_decision_and_all_that_it_rests_on(world: World) -> None:
    without_a_check = [span for span in seen() if span.service != "text-classifier"]
    world.turns = [seen()[:2], without_a_check, seen(), []]
    answer = seek(jaeger(), ASKED, REQUEST_ID, 60, world.clock)
    assert answer is not None
    assert (answer.settled, world.turns) == (True, [[]])


def test_it_waits_no_longer_than_it_was_told(world: World) -> None:
    world.traces[TRACE_ID] = seen()[:3]
    answer = seek(jaeger(), ASKED, REQUEST_ID, 7, world.clock)
    assert answer is not None
    assert answer.tree.decision is None
    assert 7 <= world.now < 7.1


def test_while_it_waits_the_log_is_read_now_and_then(world: World) -> None:
    assert seek(jaeger(), ASKED, REQUEST_ID, 30, world.clock) is None
    assert 50 < len(world.fetched) < 70
    assert 10 <= world.looked <= 12


def test_what_was_decided_long_ago_and_has_no_spans_is_not_waited_for(world: World) -> None:
    world.logged = logged()
    answer = seek(jaeger(), ASKED, REQUEST_ID, 60, world.clock)
    assert answer is not None
    assert (answer.source, world.now) == ("log", 0)


def test_the_backend_that_is_named_comes_before_the_stack(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    publish(tmp_path, RUNNING)
    home = {"SLUICE_HOME": str(tmp_path)}
    said: list[str] = []
    found = places(home, said.append)
    assert (found.source, found.backend) == ("collector", Backend("http://127.0.0.1:5", ours=True))
    assert found.kafka is not None
    assert found.kafka.bootstrap == "127.0.0.1:9"
    named = places({**home, "SLUICE_TRACES_URL": "https://j/base/"}, said.append)
    assert named.backend == Backend("https://j/base")
    with pytest.raises(ConfigError):
        places({**home, "SLUICE_TRACES_URL": "nonsense"}, said.append)
    lock.release()
    nothing = places(home, said.append)
    assert (nothing.backend, nothing.kafka, nothing.source) == (None, None, "log")


def test_where_it_was_looked_for_is_said() -> None:
    env = {"SLUICE_HOME": "/home/x"}
    words = "\n".join(not_found(Places(None, "log", None), ASKED, env))
    assert f"no trace of request {REQUEST_ID}" in words
    assert "no stack with a collector runs in /home/x" in words
    assert "`sluice up`" in words
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in words
    assert "--wait" not in words

    words = "\n".join(not_found(jaeger(), Asked("", OWN), env))
    assert words.startswith(f"no trace of {OWN}\nlooked at http://j (SLUICE_TRACES_URL)")
    assert "looked on the log at broker:9092" in words
    assert "SLUICE_TRACE_SAMPLE" in words

    collector = Places(Backend("http://c", ours=True), "collector", KAFKA)
    assert "the newest 10000 traces, 64 MiB" in "\n".join(not_found(collector, ASKED, env))


def test_what_did_not_answer_was_not_looked_at() -> None:
    failed = jaeger()
    failed.problems = {"backend": "down", "log": "down"}
    assert list(not_found(failed, ASKED, {})) == [f"no trace of request {REQUEST_ID}"]


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("SLUICE_TRACES_URL", "http://j")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker:9092")
    with pytest.raises(SystemExit) as caught:
        main(["trace", *words])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_the_command_prints_json_and_exits_0(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.traces[TRACE_ID] = seen()
    assert run(monkeypatch, REQUEST_ID, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["request_id"], told["action"], len(told["spans"])) == (REQUEST_ID, "BLOCK", 8)


def test_the_command_exits_1_where_there_is_nothing_or_no_decision_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, REQUEST_ID) == 1
    out, err = capsys.readouterr()
    assert (out, f"sluice: no trace of request {REQUEST_ID}" in err) == ("", True)
    world.traces[TRACE_ID] = seen()[:2]
    assert run(monkeypatch, REQUEST_ID) == 0
    assert run(monkeypatch, REQUEST_ID, "--wait", "0.05") == 1
    assert "it has no decision after 0.05 s" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["nonsense"], [], [REQUEST_ID, "--wait", "-1"], [REQUEST_ID, "--wait", "long"]])
def test_the_command_exits_2_for_wrong_usage(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, *words) == 2
