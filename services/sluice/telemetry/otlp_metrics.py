"""Metrics to an OpenTelemetry collector, by OTLP over gRPC: what the operators' door tells, told unasked.

One thread sends all of them at the start, so that counters begin at 0 for whoever looks at their growth, then every
so many seconds, and once more at the end. Telemetry never holds up work: what cannot be sent is not kept, for the
next time says all of it again.
"""

import time
from threading import Event, Thread
from typing import Final

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.resources import Resource

from sluice.attempt import Unforeseen, attempt_alone
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_client import CALL_SECONDS, compression_of, credentials_of, endpoint_of, hush, resource_of
from sluice.telemetry.otlp_points import data_of
from sluice.telemetry.otlp_settings import OtlpSettings

CLOSE_SECONDS: Final = 1.0
"""How long a shutdown waits for the last numbers to be sent."""
_MOST_POINTS: Final = 2000
"""In one message: a point of a histogram takes about 300 bytes, and a receiver takes 4 MiB by default."""


class OtlpMetrics:
    """Tells a collector. The service's log says once when that fails, and once when it works again."""

    def __init__(self, otlp: OtlpSettings, resource: Resource, log: Log, metrics: Metrics, seconds: float) -> None:
        """Starts the thread. OSError where a file that `otlp` names cannot be read. `seconds`: between two times."""
        self._target = otlp.target
        self._resource = resource
        self._log = log
        self._metrics = metrics
        self._seconds = seconds
        self._since_ns = time.time_ns()
        self._failing = False
        self._stopping = False
        self._wake = Event()
        self._library = hush()
        self._exporter = OTLPMetricExporter(
            endpoint=endpoint_of(otlp),
            insecure=not otlp.tls,
            credentials=credentials_of(otlp),
            headers=otlp.headers,
            timeout=CALL_SECONDS,
            compression=compression_of(otlp),
            max_export_batch_size=_MOST_POINTS,
        )
        self._thread = Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def soon(self) -> None:
        """Sends them at once: a service has declared all that it counts, and begins to count."""
        self._wake.set()

    def close(self) -> None:
        """Sends them a last time, for CLOSE_SECONDS at most."""
        self._stopping = True
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)
        # Gives up what is under way: a receiver that does not answer holds up no shutdown.
        self._exporter.shutdown()
        self._thread.join(CLOSE_SECONDS / 4)

    def _run(self) -> None:
        last = False
        while not last:
            last = self._stopping
            self._try()
            if not last:
                self._wake.wait(self._seconds)
                self._wake.clear()

    def _try(self) -> None:
        found = attempt_alone(self._send)
        if isinstance(found, Unforeseen):
            # Some metric cannot be read, or the library has a bug: the next time may be better.
            self._tell(failing=True, error=found.kind, detail=found.place)
        elif found is MetricExportResult.SUCCESS:
            self._tell(failing=False)
        else:
            self._tell(failing=True, code=self._library.code)

    def _send(self) -> MetricExportResult:
        self._library.begin()
        data = data_of(self._metrics.families(), self._resource, self._since_ns, time.time_ns())
        return self._exporter.export(data)

    def _tell(self, *, failing: bool, **said: str) -> None:
        if failing and not self._failing:
            self._log.warning("metrics cannot be sent", address=self._target, **said)
        elif self._failing and not failing:
            self._log.info("metrics are sent again", address=self._target)
        self._failing = failing


def open_metrics(
    otlp: OtlpSettings, service: str, instance: str, log: Log, metrics: Metrics, seconds: float
) -> OtlpMetrics | None:
    """To the receiver that the settings name; None where they name none, or `seconds` is 0. OSError where a file that
    they name cannot be read."""
    if not otlp.target or not seconds:
        return None
    return OtlpMetrics(otlp, resource_of(service, instance), log, metrics, seconds)
