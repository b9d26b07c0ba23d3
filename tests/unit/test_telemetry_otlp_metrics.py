"""Metrics reach a collector as Prometheus reads them, and one that is away costs nothing."""

import io
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric
from prometheus_client.parser import text_string_to_metric_families

from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_client import resource_of
from sluice.telemetry.otlp_metrics import OtlpMetrics, open_metrics
from sluice.telemetry.otlp_settings import OtlpSettings
from sluice.telemetry.process import ProcessNumbers
from tests.unit.otlp_receiver import Receiver, receiving
from tests.unit.test_telemetry_export import nowhere

NEVER = 3600.0
Sample = tuple[str, tuple[tuple[str, str], ...]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


class Told:
    """Metrics on their way to a port, with the log beside them. `first`: a counter that is there from the start."""

    def __init__(self, port: int, seconds: float = NEVER, first: str = "") -> None:
        self.stream = io.StringIO()
        self.metrics = Metrics("test")
        if first:
            self.metrics.counter(first, "Things.")
        log = Log("test", stream=self.stream)
        otlp = OtlpSettings(f"127.0.0.1:{port}")
        self.sender = OtlpMetrics(otlp, resource_of("test", "7"), log, self.metrics, seconds)

    def events(self) -> list[tuple[str, str]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [(line["event"], line.get("code", "")) for line in lines]


def fill(metrics: Metrics) -> None:
    """Some of each kind, one of them with two sets of labels."""
    for rule, by in (("a", 2), ("b", 0)):
        metrics.count("fired", "Rules that fired.", {"rule": rule}, by=by)
    metrics.gauge("behind", "Records behind.", -7.5, {"topic": "moderation.contents"})
    for value in (0.001, 0.2, 0.2, 7, 100):
        metrics.observe("wait_seconds", "Waits.", value, {"lane": "bulk"})
    metrics.histogram("wait_seconds", "Waits.", {"lane": "interactive"})
    metrics.histogram("batch_items", "Items.", buckets=(1.0, 2.0)).observe(2)


def labels_of(pairs: Iterable[KeyValue], **more: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted([*((pair.key, pair.value.string_value) for pair in pairs), *more.items()]))


def as_prometheus(metric: Metric) -> dict[Sample, float]:
    """A metric that came, as samples of Prometheus."""
    found: dict[Sample, float] = {}
    for point in metric.histogram.data_points:
        assert not point.HasField("min")
        total = 0
        for bound, count in zip([*point.explicit_bounds, float("inf")], point.bucket_counts, strict=True):
            total += count
            found[f"{metric.name}_bucket", labels_of(point.attributes, le=str(bound))] = total
        found[f"{metric.name}_count", labels_of(point.attributes)] = point.count
        found[f"{metric.name}_sum", labels_of(point.attributes)] = point.sum
    for number in (*metric.sum.data_points, *metric.gauge.data_points):
        found[metric.name, labels_of(number.attributes)] = number.as_double
    return found


def in_text(metrics: Metrics) -> dict[Sample, float]:
    """What Prometheus reads."""
    return {
        (sample.name, tuple(sorted({**sample.labels, **_bound(sample.labels)}.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def _bound(labels: dict[str, str]) -> dict[str, str]:
    return {"le": str(float(labels["le"]))} if "le" in labels else {}


def test_every_value_is_the_one_that_prometheus_reads(receiver: Receiver) -> None:
    told = Told(receiver.port)
    fill(told.metrics)
    text = in_text(told.metrics)
    told.sender.close()
    came = [as_prometheus(metric) for metric in receiver.numbers.last().values()]
    assert {sample: value for one in came for sample, value in one.items()} == text
    assert len(text) == 2 + 1 + 2 * (14 + 2) + 5


def test_who_tells_and_since_when(receiver: Receiver) -> None:
    before = time.time_ns()
    told = Told(receiver.port)
    fill(told.metrics)
    told.metrics.add(ProcessNumbers("test"))
    told.sender.close()
    request = receiver.numbers.requests[-1]
    attributes = {pair.key: pair.value.string_value for pair in request.resource_metrics[0].resource.attributes}
    assert attributes["service.name"] == "test"
    assert attributes["service.instance.id"] == "7"
    came = receiver.numbers.last()
    assert came["sluice_fired_total"].sum.is_monotonic
    cumulative = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    kinds = (came["sluice_fired_total"].sum, came["sluice_wait_seconds"].histogram)
    assert {kind.aggregation_temporality for kind in kinds} == {cumulative}
    points = [point for kind in kinds for point in kind.data_points]
    # A time of creation is a float of seconds: a microsecond is lost.
    assert all(before - 1000 <= point.start_time_unix_nano <= point.time_unix_nano for point in points)
    (used,) = came["process_cpu_seconds_total"].sum.data_points
    assert used.start_time_unix_nano >= before
    assert labels_of(used.attributes) == (("service", "test"),)
    assert came["sluice_fired_total"].description == "Rules that fired."


def test_they_are_sent_at_the_start_and_when_somebody_asks(receiver: Receiver) -> None:
    told = Told(receiver.port, first="begun")
    assert receiver.numbers.wait(1) == 1
    assert receiver.numbers.last().keys() == {"sluice_begun_total"}
    counter = told.metrics.counter("things", "Things.")
    told.sender.soon()
    assert receiver.numbers.wait(2) == 2
    # Whoever looks at its growth knows that it began at 0.
    (first,) = receiver.numbers.last()["sluice_things_total"].sum.data_points
    assert first.as_double == 0
    counter.inc()
    told.sender.close()
    (last,) = receiver.numbers.last()["sluice_things_total"].sum.data_points
    assert (last.as_double, receiver.numbers.calls) == (1, 3)


def test_a_number_that_cannot_be_read_ends_nothing_and_is_told_once(receiver: Receiver) -> None:
    told = Told(receiver.port, seconds=0.02)
    asked: list[int] = []

    def read() -> float:
        asked.append(1)
        if len(asked) < 5:
            raise ZeroDivisionError("what somebody wrote")
        return 7.0

    told.metrics.gauge_of("odd", "Odd.", read)
    receiver.numbers.wait(receiver.numbers.calls + 3)
    told.sender.close()
    (number,) = receiver.numbers.last()["sluice_odd"].gauge.data_points
    assert number.as_double == 7
    lines = [json.loads(line) for line in told.stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["metrics cannot be sent", "metrics are sent again"]
    assert lines[0]["error"] == "ZeroDivisionError"
    assert lines[0]["detail"].startswith("test_telemetry_otlp_metrics.py:")
    assert "somebody" not in told.stream.getvalue()


def test_they_are_sent_again_and_again_each_time_as_they_are(receiver: Receiver) -> None:
    told = Told(receiver.port, seconds=0.02)
    told.metrics.count("things", "Things.")
    receiver.numbers.wait(2)
    told.metrics.count("things", "Things.")
    told.sender.close()
    assert receiver.numbers.calls >= 3
    (last,) = receiver.numbers.last()["sluice_things_total"].sum.data_points
    assert last.as_double == 2
    assert told.events() == []


def test_trouble_is_told_once_and_so_is_its_end(receiver: Receiver) -> None:
    receiver.numbers.refusing = grpc.StatusCode.UNAUTHENTICATED
    told = Told(receiver.port, seconds=0.02)
    told.metrics.count("things", "Things.")
    receiver.numbers.wait(3)
    receiver.numbers.refusing = None
    receiver.numbers.wait(receiver.numbers.calls + 2)
    told.sender.close()
    assert told.events() == [("metrics cannot be sent", "UNAUTHENTICATED"), ("metrics are sent again", "")]
    assert "nobody should see" not in told.stream.getvalue()


def test_a_receiver_that_is_away_holds_up_no_shutdown() -> None:
    told = Told(nowhere(), seconds=0.02)
    told.metrics.count("things", "Things.")
    told.sender.close()
    # A call would have gone on for ten seconds.
    assert not told.sender._thread.is_alive()
    assert [event for event, _ in told.events()] == ["metrics cannot be sent"]


def test_without_an_endpoint_or_an_interval_nothing_is_sent() -> None:
    log, metrics = Log("test", stream=io.StringIO()), Metrics("test")
    assert open_metrics(OtlpSettings(), "test", "0", log, metrics, 60) is None
    assert open_metrics(OtlpSettings("127.0.0.1:1"), "test", "0", log, metrics, 0) is None


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    log, metrics = Log("test", stream=io.StringIO()), Metrics("test")
    otlp = OtlpSettings("x:1", tls=True, authority=tmp_path / "none.pem")
    with pytest.raises(OSError, match=r"none\.pem"):
        open_metrics(otlp, "test", "0", log, metrics, 60)
