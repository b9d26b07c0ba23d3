"""A process's metrics as OpenTelemetry has them: the same names, labels and values as in Prometheus's text. Pure.

Names keep their `_total`, so that a number is called the same whichever road it took. Sums and histograms are
cumulative, each from the time at which it began.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

from sluice import __version__
from sluice.telemetry.metrics import CREATED

_CUMULATIVE: Final = AggregationTemporality.CUMULATIVE
_Key = tuple[tuple[str, str], ...]


def data_of(families: Iterable[Family], resource: Resource, since_ns: int, now_ns: int) -> MetricsData:
    """`since_ns`: when what does not say when it began did so; `now_ns`: when it was read."""
    metrics = [metric for family in families for metric in _metrics(family, since_ns, now_ns)]
    scope = InstrumentationScope("sluice", __version__)
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, metrics, schema_url="")], schema_url="")])


def _metrics(family: Family, since_ns: int, now_ns: int) -> Iterable[Metric]:
    samples = [sample for sample in family.samples if not sample.name.endswith(CREATED)]
    if not samples:
        return
    begun = {
        _key(sample.labels): int(sample.value * 1e9) for sample in family.samples if sample.name.endswith(CREATED)
    }
    if family.type == "histogram":
        points = _histograms(family.name, samples, begun, since_ns, now_ns)
        yield Metric(family.name, family.documentation, "", Histogram(points, _CUMULATIVE))
    elif family.type == "counter":
        sums = [_number(sample, begun.get(_key(sample.labels), since_ns), now_ns) for sample in samples]
        yield Metric(samples[0].name, family.documentation, "", Sum(sums, _CUMULATIVE, is_monotonic=True))
    elif family.type == "gauge":
        now = [_number(sample, 0, now_ns) for sample in samples]
        yield Metric(family.name, family.documentation, "", Gauge(now))


def _number(sample: Sample, since_ns: int, now_ns: int) -> NumberDataPoint:
    return NumberDataPoint(sample.labels, since_ns, now_ns, sample.value)


def _histograms(
    name: str, samples: Sequence[Sample], begun: Mapping[_Key, int], since_ns: int, now_ns: int
) -> list[HistogramDataPoint]:
    bounds: dict[_Key, list[tuple[float, float]]] = {}
    sums: dict[_Key, float] = {}
    labels: dict[_Key, dict[str, str]] = {}
    for sample in samples:
        own = {label: value for label, value in sample.labels.items() if label != "le"}
        key = _key(own)
        labels[key] = own
        if sample.name == f"{name}_bucket":
            bounds.setdefault(key, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name == f"{name}_sum":
            sums[key] = sample.value
    points = []
    for key, own in labels.items():
        # Prometheus counts what is at or below a bound; here each bucket counts its own.
        upto = [int(count) for _, count in bounds[key]]
        counts = [count - before for count, before in zip(upto, [0, *upto], strict=False)]
        points.append(
            HistogramDataPoint(
                attributes=own,
                start_time_unix_nano=begun.get(key, since_ns),
                time_unix_nano=now_ns,
                count=upto[-1],
                sum=sums[key],
                bucket_counts=counts,
                explicit_bounds=[bound for bound, _ in bounds[key][:-1]],
                # Nobody kept them; absent on the wire.
                min=None,  # type: ignore[arg-type] # the field of the message is optional
                max=None,  # type: ignore[arg-type] # the same
            )
        )
    return points


def _key(labels: Mapping[str, str]) -> _Key:
    return tuple(sorted(labels.items()))
