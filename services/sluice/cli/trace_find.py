"""Where a trace is looked for: a tracing backend, else the running stack's collector, else the Kafka log."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sluice.cli.trace_ask import VARIABLE, Backend, NoTracesError, backend_of
from sluice.cli.trace_log import Logged, from_log
from sluice.cli.where import find_kafka
from sluice.errors import ConfigError, RetryableError
from sluice.local.progress import Say
from sluice.local.state import read_running
from sluice.settings import KafkaSettings, sluice_home
from sluice.trace.span import TraceSpan
from sluice.trace.tree import Tree, build_tree

LATEST_SECONDS: Final = 5.0
"""Spans of a request that was decided this long ago are where they will ever be."""

_POLL_SECONDS: Final = 0.5
_LOG_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. `request_id`: empty where only the trace's id was given."""

    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A trace that was found. `source`: "jaeger", "collector" or "log"; `where`: an address."""

    asked: Asked
    tree: Tree
    source: str
    where: str
    settled: bool
    """Nothing more of it will come."""


@dataclass(slots=True)
class Places:
    """Where to look. `kafka`: None where there is no broker to ask."""

    backend: Backend | None
    source: str
    kafka: KafkaSettings | None
    problems: dict[str, str] = field(default_factory=dict)
    """What did not work when it was last tried: "backend", "log"."""

    def look(self, asked: Asked, request_id: str, log: bool = True) -> Answer | None:
        """One try everywhere. `request_id`: whose records to look for on the log; `log`: whether to."""
        spans = self._fetch(asked.trace_id)
        if spans:
            return self._answer(asked, spans)
        logged = self._log(request_id) if log else None
        if logged is None:
            return None
        its_own = Asked(asked.request_id or request_id, logged.trace_id)
        if logged.trace_id != asked.trace_id and (spans := self._fetch(logged.trace_id)):
            return self._answer(its_own, spans)
        settled = bool(logged.decided_at_ms) and (
            self.backend is None or time.time() - logged.decided_at_ms / 1000 > LATEST_SECONDS
        )
        tree = build_tree(logged.spans, its_own.request_id)
        return Answer(its_own, tree, "log", self.kafka.bootstrap if self.kafka else "", settled)

    def _answer(self, asked: Asked, spans: list[TraceSpan]) -> Answer:
        told = asked.request_id or next((id_ for span in spans if (id_ := span.text("sluice.request_id"))), "")
        tree = build_tree(spans, told)
        return Answer(Asked(told, asked.trace_id), tree, self.source, self._url, tree.whole)

    @property
    def _url(self) -> str:
        return self.backend.url if self.backend else ""

    def _fetch(self, trace_id: str) -> list[TraceSpan]:
        if self.backend is None:
            return []
        try:
            spans = self.backend.fetch(trace_id)
        except NoTracesError as error:
            self.problems["backend"] = str(error)
            return []

        self.problems.pop("backend", None)
        return spans

    def _log(self, request_id: str) -> Logged | None:
        if self.kafka is None:
            return None
        try:
            logged = from_log(self.kafka, request_id)
        except RetryableError as error:
            self.problems["log"] = str(error)
            return None
        self.problems.pop("log", None)
        return logged


def places(env: Mapping[str, str], say: Say) -> Places:
    """What the environment and the running stack offer. ConfigError for a SLUICE_TRACES_URL that is none."""
    try:
        kafka = find_kafka(env, say)
    except ConfigError:
        kafka = None
    if url := env.get(VARIABLE, ""):
        return Places(backend_of(url), "jaeger", kafka)
    running = read_running(sluice_home(env))
    if running is None or running.collector is None:
        return Places(None, "log", kafka)
    return Places(Backend(f"http://{running.collector.http}", ours=True), "collector", kafka)


def seek(
    found: Places, asked: Asked, request_id: str, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Answer | None:
    """Looks until the trace has its decision with all that it rests on, or for so long; what there is then."""
    give_up = clock() + seconds
    log_again = clock()
    while True:
        now = clock()
        # What is not on the log costs a reading of all that is kept: not with every look.
        log = now >= min(log_again, give_up)
        answer = found.look(asked, request_id, log)
        if (answer is not None and answer.settled) or now >= give_up:
            return answer
        if log:
            log_again = clock() + _LOG_SECONDS
        time.sleep(min(_POLL_SECONDS, max(0.0, give_up - clock())))
