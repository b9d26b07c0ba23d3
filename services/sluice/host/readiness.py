"""Whether a service can do its job now, and if not, why not."""

from collections.abc import Mapping

from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer

from sluice.telemetry.logging import Log

LIVE = "live"
"""Health service name for liveness: SERVING as long as the event loop turns, ready or not."""
START = "start"
"""The condition that a service has opened and is not on its way out."""
DRAINING = "draining"
"""Why START is not met while a service stops."""


class Readiness:
    """A board of conditions. The service is ready when every condition named so far is met."""

    def __init__(self, service: str, log: Log) -> None:
        self._service = service
        self._log = log
        self._reasons: dict[str, str] = {}
        self._notes: dict[str, str] = {}
        self._ready = False
        self.health = HealthServicer()

    async def expect(self, condition: str, reason: str) -> None:
        """A condition is not met; `reason` says what to do where something can be done."""
        if self._reasons.get(condition) != reason:
            self._log.info("not ready", reason=reason)
        self._reasons[condition] = reason
        await self._publish()

    async def met(self, condition: str) -> None:
        """A condition is met."""
        self._reasons.pop(condition, None)
        await self._publish()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the service is not ready."""
        return tuple(self._reasons.values())

    @property
    def conditions(self) -> Mapping[str, str]:
        """The same, by the condition that is not met."""
        return dict(self._reasons)

    @property
    def stopping(self) -> bool:
        """Whether it is not ready because it was told to stop."""
        return self._reasons.get(START) == DRAINING

    def note(self, about: str, text: str | None) -> None:
        """Says what people should know although the service is ready; None takes it back."""
        if text is None:
            self._notes.pop(about, None)
        elif self._notes.get(about) != text:
            self._notes[about] = text
            self._log.warning("note", reason=about, detail=text)

    @property
    def notes(self) -> Mapping[str, str]:
        """What people should know, by what it is about."""
        return dict(self._notes)

    async def _publish(self) -> None:
        ready = not self._reasons
        response = health_pb2.HealthCheckResponse
        status = response.SERVING if ready else response.NOT_SERVING
        for name in ("", self._service):
            await self.health.set(name, status)
        await self.health.set(LIVE, response.SERVING)
        if ready != self._ready:
            self._ready = ready
            if ready:
                self._log.info("ready")
