"""What a check says of itself comes on the board and into the metrics, and goes again."""

from typing import cast

from sluice.check import Check, Gauge, Health
from sluice.host.check_service import CheckService
from sluice.host.readiness import Readiness
from sluice.host.service import Context
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.checks import ObedientCheck


class Sick(ObedientCheck):
    """Says what it is told to say."""

    said = Health()

    def health(self) -> Health:
        return self.said


async def test_health_is_told_and_taken_back() -> None:
    readiness, metrics = Readiness("toy", Log("toy")), Metrics("toy")
    service = CheckService(Sick)
    check = Sick()
    service._check = cast("Check", check)
    service._context = Context(None, Log("toy"), readiness, None, None, metrics)  # type: ignore[arg-type] # unused here
    check.said = Health({"a": "why a"}, {"b": "note b"}, [Gauge("sick", "How sick.", 2.0, {"bank": "x"})])
    await service._tell_health()
    assert (readiness.conditions, readiness.notes) == ({"a": "why a"}, {"b": "note b"})
    assert b'sluice_sick{bank="x",service="toy"} 2.0' in metrics.text()
    check.said = Health({"c": "why c"}, gauges=[Gauge("sick", "How sick.", 1.0, {"bank": "y"})])
    await service._tell_health()
    # What is said no more is gone, or an alert on it would never end.
    assert b'bank="x"' not in metrics.text()
    assert b'sluice_sick{bank="y",service="toy"} 1.0' in metrics.text()
    assert (readiness.conditions, readiness.notes) == ({"c": "why c"}, {})
    check.said = Health()
    await service._tell_health()
    assert readiness.conditions == {}
