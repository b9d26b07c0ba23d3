"""Counters, gauges and histograms, and the labels that they may have."""

import pytest

from sluice.telemetry.attributes import ALLOWED, LABELS
from sluice.telemetry.metrics import SECONDS, Metrics


def lines(metrics: Metrics) -> list[str]:
    """The samples, without comments."""
    return [line for line in metrics.text().decode().splitlines() if line[0] != "#"]


def test_counts_add_up_by_their_labels() -> None:
    metrics = Metrics("ingest")
    for rule in ("a", "b", "a"):
        metrics.count("fired", "Rules that fired.", {"rule": rule})
    metrics.count("fired", "Rules that fired.", {"rule": "b"}, by=4)
    assert lines(metrics) == [
        'sluice_fired_total{rule="a",service="ingest"} 2.0',
        'sluice_fired_total{rule="b",service="ingest"} 5.0',
    ]
    assert "# HELP sluice_fired_total Rules that fired." in metrics.text().decode()


def test_a_gauge_is_what_it_was_set_to_last() -> None:
    metrics = Metrics("ingest")
    metrics.gauge("behind", "Records behind.", 7)
    metrics.gauge("behind", "Records behind.", 3)
    assert lines(metrics) == ['sluice_behind{service="ingest"} 3.0']


def test_a_metric_keeps_its_labels() -> None:
    metrics = Metrics("ingest")
    metrics.count("fired", "Rules that fired.", {"rule": "a"})
    for labels in ({}, {"check": "text"}, {"rule": "a", "check": "text"}):
        with pytest.raises(ValueError, match="label"):
            metrics.count("fired", "Rules that fired.", labels)
    assert lines(metrics) == ['sluice_fired_total{rule="a",service="ingest"} 1.0']


@pytest.mark.parametrize("name", ["prompt", "text", "account_id", "request_id", "content_id", "detail", "service"])
def test_a_label_that_is_not_on_the_list_is_a_mistake(name: str) -> None:
    metrics = Metrics("ingest")
    with pytest.raises(ValueError, match=rf"LABELS: \['{name}'\]"):
        metrics.count("fired", "Rules that fired.", {name: "x"})
    with pytest.raises(ValueError, match="LABELS"):
        metrics.gauge("behind", "Records behind.", 1, {name: "x"})
    with pytest.raises(ValueError, match="LABELS"):
        metrics.observe("wait_seconds", "Waits.", 1, {name: "x"})
    with pytest.raises(ValueError, match="LABELS"):
        metrics.gauge_of("behind", "Records behind.", lambda: 1.0, {name: "x"})
    assert lines(metrics) == []


def test_labels_are_some_of_what_logs_may_carry() -> None:
    assert LABELS < ALLOWED


def test_processes_do_not_share_metrics() -> None:
    one, other = Metrics("one"), Metrics("other")
    one.count("things", "Things.")
    assert lines(other) == []


def test_a_gauge_is_taken_back_for_what_is_no_more() -> None:
    metrics = Metrics("hash-matcher")
    for bank in ("one", "two"):
        metrics.gauge("hash_bank_stale", "1 while stale.", 1, {"bank": bank})
    metrics.drop("hash_bank_stale", {"bank": "one"})
    metrics.drop("hash_bank_stale", {"bank": "one"})
    metrics.drop("never_there")
    text = metrics.text().decode()
    assert 'bank="two"' in text
    assert 'bank="one"' not in text


def test_a_counter_that_is_kept_begins_at_nought_and_is_the_same_for_all_who_ask() -> None:
    metrics = Metrics("ingest")
    kept = metrics.counter("fired", "Rules that fired.", {"rule": "a"})
    assert lines(metrics) == ['sluice_fired_total{rule="a",service="ingest"} 0.0']
    kept.inc()
    metrics.count("fired", "Rules that fired.", {"rule": "a"}, by=2)
    assert lines(metrics) == ['sluice_fired_total{rule="a",service="ingest"} 3.0']


def test_a_histogram_counts_what_is_at_or_below_each_bound() -> None:
    metrics = Metrics("ingest")
    seen = metrics.histogram("things", "Things.", {"check": "text"}, buckets=(1.0, 4.0))
    for value in (1.0, 3.0, 9.0):
        seen.observe(value)
    assert lines(metrics) == [
        'sluice_things_bucket{check="text",le="1.0",service="ingest"} 1.0',
        'sluice_things_bucket{check="text",le="4.0",service="ingest"} 2.0',
        'sluice_things_bucket{check="text",le="+Inf",service="ingest"} 3.0',
        'sluice_things_count{check="text",service="ingest"} 3.0',
        'sluice_things_sum{check="text",service="ingest"} 13.0',
    ]


def test_a_histogram_of_seconds_has_the_bounds_of_all_of_them() -> None:
    metrics = Metrics("ingest")
    metrics.observe("wait_seconds", "Waits.", 0.2, {"lane": "bulk"})
    told = [line for line in lines(metrics) if "_bucket" in line]
    assert len(told) == len(SECONDS) + 1
    assert 'sluice_wait_seconds_bucket{lane="bulk",le="0.1",service="ingest"} 0.0' in told
    assert 'sluice_wait_seconds_bucket{lane="bulk",le="0.25",service="ingest"} 1.0' in told


def test_a_gauge_of_something_is_read_when_somebody_looks() -> None:
    metrics = Metrics("ingest")
    waiting = [1, 2]
    metrics.gauge_of("queue", "What waits.", lambda: float(len(waiting)), {"lane": "bulk"})
    assert lines(metrics) == ['sluice_queue{lane="bulk",service="ingest"} 2.0']
    waiting.clear()
    assert lines(metrics) == ['sluice_queue{lane="bulk",service="ingest"} 0.0']


def test_a_gauge_that_has_no_value_now_is_not_told() -> None:
    metrics = Metrics("ingest")
    found: list[float] = []
    metrics.gauge_of("queue", "What waits.", lambda: found[0] if found else None)
    assert lines(metrics) == []
    found.append(0.0)
    assert lines(metrics) == ['sluice_queue{service="ingest"} 0.0']
