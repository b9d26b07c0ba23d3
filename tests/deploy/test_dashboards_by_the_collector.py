"""What services send to the collector answers the same questions as what Prometheus scrapes from them."""

import io
from pathlib import Path

from sluice.telemetry.logging import Log
from sluice.telemetry.otlp_client import resource_of
from sluice.telemetry.otlp_metrics import OtlpMetrics
from sluice.telemetry.otlp_settings import OtlpSettings
from tests.deploy.collecting import collecting
from tests.panels import SERVICE, ask, grow, process_metrics, scraping, unanswered

SECONDS = 90
NOBODY = 9


def test_every_panel_shows_something(tmp_path: Path) -> None:
    metrics = process_metrics()
    with (
        collecting(tmp_path, ("collector.yaml",), NOBODY) as where,
        scraping(tmp_path, where.metrics) as prometheus,
    ):
        sending = OtlpMetrics(
            OtlpSettings(where.otlp), resource_of(SERVICE, "7"), Log("test", stream=io.StringIO()), metrics, 1
        )
        left = unanswered(prometheus, SECONDS, lambda: grow(metrics))
        told = ask(prometheus, "sluice_ready")
        bounds = ask(prometheus, 'sluice_decision_seconds_bucket{le="2.0"}')
        sending.close()
    assert left == []
    (ready,) = told
    assert ready["metric"] == {"__name__": "sluice_ready", "job": SERVICE, "instance": "7", "service": SERVICE}
    assert len(bounds) == 1
