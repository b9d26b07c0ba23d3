"""Numbers of a process, for Prometheus: counters and gauges that are declared once, by name and labels.

Labels are words of ours: rules, checks, stages, policy digests; never an account, a text, a request id.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

PREFIX = "sluice_"


class Metrics:
    """One process's metrics. Safe to use from several threads."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._service = service

    def count(self, name: str, about: str, labels: Mapping[str, str] | None = None, by: float = 1.0) -> None:
        """Adds to a counter: `sluice_NAME_total`. `about`: what it counts, for whoever reads the metrics.

        A counter always has the same labels; ValueError where it has not.
        """
        found = self._counters.get(name)
        names = sorted(labels or ())
        if found is None:
            found = Counter(PREFIX + name, about, ["service", *names], registry=self._registry)
            self._counters[name] = found
        found.labels(service=self._service, **(labels or {})).inc(by)

    def gauge(self, name: str, about: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Sets a gauge: `sluice_NAME`."""
        found = self._gauges.get(name)
        names = sorted(labels or ())
        if found is None:
            found = Gauge(PREFIX + name, about, ["service", *names], registry=self._registry)
            self._gauges[name] = found
        found.labels(service=self._service, **(labels or {})).set(value)

    def text(self) -> bytes:
        """All of them, in Prometheus's text format."""
        return generate_latest(self._registry)
