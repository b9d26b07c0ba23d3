"""Numbers of a process, for Prometheus: counters, gauges and histograms, declared once by name and labels.

Labels are words of ours: rules, checks, stages, policy digests; never an account, a text, a request id. Their names
are checked against `sluice.telemetry.attributes.LABELS`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isnan, nan
from threading import Lock
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sluice.telemetry.attributes import LABELS

PREFIX: Final = "sluice_"
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of a histogram of seconds: the default policy's deadlines (2, 10 and 60 s) are among them, so that the
part that was in time is counted and not guessed."""
CREATED: Final = "_created"
"""What the library adds to names for the time at which a counter began."""


class Adds(Protocol):
    """A counter for certain labels."""

    def inc(self, amount: float = 1.0) -> None:
        """Adds to it."""


class Observes(Protocol):
    """A histogram for certain labels."""

    def observe(self, amount: float) -> None:
        """Counts a value."""


class Metrics:
    """One process's metrics. Safe to use from several threads."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._service = service
        self._declaring = Lock()

    def counter(self, name: str, about: str, labels: Mapping[str, str] | None = None) -> Adds:
        """A counter, `sluice_NAME_total`, which is 0 from now on: to keep where something is counted often, and where
        an alert looks for its growth, for what begins at 1 has not grown.

        `about`: what it counts, for whoever reads the metrics. A counter always has the same labels, all of them on
        the list; ValueError where it has not.
        """
        given = labels or {}
        names = _names(given)
        with self._declaring:
            found = self._counters.get(name)
            if found is None:
                found = Counter(PREFIX + name, about, names, registry=self._registry)
                self._counters[name] = found
        return found.labels(service=self._service, **given)

    def count(self, name: str, about: str, labels: Mapping[str, str] | None = None, by: float = 1.0) -> None:
        """Adds to a counter."""
        self.counter(name, about, labels).inc(by)

    def histogram(
        self,
        name: str,
        about: str,
        labels: Mapping[str, str] | None = None,
        buckets: Sequence[float] = SECONDS,
    ) -> Observes:
        """A histogram, `sluice_NAME`, to keep. `buckets`: upper bounds, rising. Labels as for `counter`."""
        given = labels or {}
        names = _names(given)
        with self._declaring:
            found = self._histograms.get(name)
            if found is None:
                found = Histogram(PREFIX + name, about, names, registry=self._registry, buckets=buckets)
                self._histograms[name] = found
        return found.labels(service=self._service, **given)

    def observe(self, name: str, about: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Counts a value in a histogram of seconds."""
        self.histogram(name, about, labels).observe(value)

    def gauge(self, name: str, about: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Sets a gauge: `sluice_NAME`. Labels as for `counter`."""
        self._gauge(name, about, labels or {}).set(value)

    def gauge_of(
        self, name: str, about: str, read: Callable[[], float | None], labels: Mapping[str, str] | None = None
    ) -> None:
        """A gauge that is read whenever somebody looks; None: there is no value now. `read` may be called on any
        thread; it never waits and never raises."""
        self._gauge(name, about, labels or {}).set_function(lambda: _or_nan(read()))

    def drop(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Takes a gauge's value for these labels back: what it was about is no more. No error where there is none."""
        given = labels or {}
        names = _names(given)
        with self._declaring:
            found = self._gauges.get(name)
        if found is not None:
            values = {"service": self._service, **given}
            found.remove(*(values[label] for label in names))

    def add(self, collector: Collector) -> None:
        """Numbers that somebody else finds when they are asked for."""
        self._registry.register(collector)

    def families(self) -> Iterable[Metric]:
        """All of them as they are now, with the times at which they began. A gauge without a value has no sample."""
        for family in self._registry.collect():
            if family.type == "gauge":
                family.samples = [sample for sample in family.samples if not isnan(sample.value)]
            yield family

    def text(self) -> bytes:
        """All of them, in Prometheus's text format."""
        return generate_latest(_WithoutTimes(self))

    def _gauge(self, name: str, about: str, labels: Mapping[str, str]) -> Gauge:
        names = _names(labels)
        with self._declaring:
            found = self._gauges.get(name)
            if found is None:
                found = Gauge(PREFIX + name, about, names, registry=self._registry)
                self._gauges[name] = found
        return found.labels(service=self._service, **labels)


class _WithoutTimes(Collector):
    """As Prometheus is told: each time of creation would be a series of its own, and it has no use for it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        for family in self._metrics.families():
            shown = Metric(family.name, family.documentation, family.type, family.unit)
            shown.samples = [sample for sample in family.samples if not sample.name.endswith(CREATED)]
            yield shown


def _or_nan(value: float | None) -> float:
    """As the library's gauges have what is no number."""
    return nan if value is None else value


def _names(labels: Mapping[str, str]) -> list[str]:
    forbidden = labels.keys() - LABELS
    if forbidden:
        raise ValueError(f"not in sluice.telemetry.attributes.LABELS: {sorted(forbidden)}")
    return ["service", *sorted(labels)]
