"""Numbers of a process, for Prometheus: counters and gauges that are declared once, by name and labels.

Labels are words of ours: rules, checks, stages, policy digests; never an account, a text, a request id. Their names
are checked against `sluice.telemetry.attributes.LABELS`.
"""

from collections.abc import Mapping
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from sluice.telemetry.attributes import LABELS

PREFIX = "sluice_"


class Metrics:
    """One process's metrics. Safe to use from several threads."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._service = service
        self._declaring = Lock()

    def count(self, name: str, about: str, labels: Mapping[str, str] | None = None, by: float = 1.0) -> None:
        """Adds to a counter: `sluice_NAME_total`. `about`: what it counts, for whoever reads the metrics.

        A counter always has the same labels, all of them on the list; ValueError where it has not.
        """
        given = labels or {}
        names = _names(given)
        with self._declaring:
            found = self._counters.get(name)
            if found is None:
                found = Counter(PREFIX + name, about, names, registry=self._registry)
                self._counters[name] = found
        found.labels(service=self._service, **given).inc(by)

    def gauge(self, name: str, about: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Sets a gauge: `sluice_NAME`. Labels as for `count`."""
        given = labels or {}
        names = _names(given)
        with self._declaring:
            found = self._gauges.get(name)
            if found is None:
                found = Gauge(PREFIX + name, about, names, registry=self._registry)
                self._gauges[name] = found
        found.labels(service=self._service, **given).set(value)

    def drop(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Takes a gauge's value for these labels back: what it was about is no more. No error where there is none."""
        given = labels or {}
        names = _names(given)
        with self._declaring:
            found = self._gauges.get(name)
        if found is not None:
            values = {"service": self._service, **given}
            found.remove(*(values[label] for label in names))

    def text(self) -> bytes:
        """All of them, in Prometheus's text format."""
        return generate_latest(self._registry)


def _names(labels: Mapping[str, str]) -> list[str]:
    forbidden = labels.keys() - LABELS
    if forbidden:
        raise ValueError(f"not in sluice.telemetry.attributes.LABELS: {sorted(forbidden)}")
    return ["service", *sorted(labels)]
