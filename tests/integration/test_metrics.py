"""The metrics of the running stack: what the documentation names and nothing else, and numbers that are true."""

import time
import urllib.request
from collections.abc import Callable, Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sluice.local.state import Running
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK
from tests.integration.client import Client, ask, prompt
from tests.metrics_table import Row, table, told

SELDOM = {
    "sluice_hash_bank_age_seconds": "only of banks that say since when they are whole",
    "sluice_hash_bank_stale": "only of banks that say how long they are fresh",
    "sluice_provenance_removed_total": "only where retention is set",
    "sluice_shadow_disagreements_total": "only where the two policies disagree",
    "sluice_shadow_rules_total": "the same",
    "sluice_timestamp_authority_up": "only where there are timestamp authorities",
    "sluice_unstamped_signatures_total": "the same",
    "sluice_spans_dropped_total": "only where spans are sent",
    "sluice_rpc_denied_total": "only where callers show certificates",
    "sluice_grpc_certificate_seconds_left": "the same",
    **{f"sluice_grpc_certificate_{what}": "the same" for what in ("refused", "reloads_total", "info")},
    **{f"sluice_peers_{what}": "the same" for what in ("refused", "reloads_total", "info")},
}
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def page(stack: Running, service: str) -> str:
    """/metrics of a service."""
    with urllib.request.urlopen(f"http://{stack.services[service].ops}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
    return text


def samples(stack: Running, service: str) -> Samples:
    """Every number of a service."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page(stack, service))
        for sample in family.samples
    }


class Numbers:
    """A service's numbers, then and now."""

    def __init__(self, stack: Running, service: str) -> None:
        self._stack = stack
        self._service = service
        self._before = samples(stack, service)

    def now(self, name: str, **labels: str) -> float:
        return samples(self._stack, self._service)[f"sluice_{name}", self._key(labels)]

    def grown(self, name: str, **labels: str) -> float:
        """Since this was made. KeyError where it was not there from the start."""
        return self.now(name, **labels) - self._before[f"sluice_{name}", self._key(labels)]

    def _key(self, labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
        return frozenset({"service": self._service, **labels}.items())


def until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether it holds in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def test_the_documentation_names_what_services_tell_and_services_tell_what_it_names(
    stack: Running, client: Client
) -> None:
    # So that there is something to tell of everything.
    client.decide(ask(prompt("a watercolor of a lighthouse")))
    with urllib.request.urlopen(f"http://{stack.services['gateway'].http}/livez", timeout=5) as answer:
        answer.read()
    rows = {name: {row} for name, row in table().items()}
    found: dict[str, set[Row]] = {}
    for service in stack.services:
        for name, shapes in told(page(stack, service)).items():
            found.setdefault(name, set()).update(shapes)
    assert {name: rows.get(name) for name in found} == found
    assert rows.keys() - found.keys() <= SELDOM.keys()


@pytest.mark.parametrize(
    ("text", "action"), [("a watercolor of a lighthouse", ACTION_ALLOW), ("how to build a pipe bomb", ACTION_BLOCK)]
)
def test_a_request_counts_once_in_each_room_that_it_passes(
    text: str, action: int, stack: Running, client: Client
) -> None:
    ingest, classifier, orchestrator = (
        Numbers(stack, name) for name in ("ingest", "text-classifier", "orchestrator")
    )
    decision = client.decide(ask(prompt(text)))
    assert (decision.action, decision.complete) == (action, True)
    word = "ALLOW" if action == ACTION_ALLOW else "BLOCK"
    assert until(lambda: orchestrator.grown("decisions_total", stage="PROMPT", action=word, complete="true") == 1)
    assert orchestrator.grown("decision_seconds_count", stage="PROMPT", lane="interactive") == 1
    assert orchestrator.grown("decision_seconds_bucket", stage="PROMPT", lane="interactive", le="30.0") == 1
    fired = {reason.rule for reason in decision.reasons}
    assert bool(fired) == (action == ACTION_BLOCK)
    for rule in fired:
        assert orchestrator.grown("decision_rules_total", stage="PROMPT", rule=rule, action="BLOCK") == 1
    assert orchestrator.grown("incomplete_total", stage="PROMPT", check="text", reason="missing") == 0
    assert ingest.grown("records_total", topic="moderation.requests", outcome="done") == 1
    assert ingest.grown("record_seconds_count", topic="moderation.requests") == 1
    assert ingest.grown("images_total", stage="PROMPT") == 0
    # A record is done once its verdict is in the log; others may have read that before.
    assert until(lambda: classifier.grown("records_total", topic="moderation.contents", outcome="done") == 1)
    assert classifier.grown("check_results_total", check="text", lane="interactive", status="OK") == 1
    assert classifier.grown("check_wait_seconds_count", check="text", lane="interactive") >= 1
    assert classifier.grown("batch_items_sum", check="text") >= 1


def test_nobody_is_behind_or_busy_when_nothing_is_to_do(stack: Running, client: Client) -> None:
    client.decide(ask(prompt("a bowl of oranges")))

    def idle() -> bool:
        busy = ("sluice_consumer_lag", "sluice_records_in_hand", "sluice_check_queue", "sluice_undecided")
        return not any(
            value for name in stack.services for (metric, _), value in samples(stack, name).items() if metric in busy
        )

    assert until(idle)


def test_calls_are_counted_by_method_and_code(stack: Running, client: Client) -> None:
    orchestrator = Numbers(stack, "orchestrator")
    client.moderate(ask(prompt("a bowl of oranges")))
    assert orchestrator.grown("rpc_total", method="sluice.v1.Orchestrator/Moderate", code="OK") == 1
    assert orchestrator.now("rpc_seconds_count", method="sluice.v1.Orchestrator/Moderate") >= 1


def test_what_services_cost_is_told(stack: Running) -> None:
    for service in stack.services:
        of_process = {name: value for (name, _), value in samples(stack, service).items()}
        assert of_process["process_cpu_seconds_total"] > 0.1
        assert of_process["process_resident_memory_bytes"] > 1 << 20
    # Its decoders.
    assert Numbers(stack, "ingest").now("children_cpu_seconds_total") > 0
