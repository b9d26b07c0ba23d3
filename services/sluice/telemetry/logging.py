"""JSON lines on standard error, with allowed attributes only."""

import json
import sys
from datetime import UTC, datetime
from typing import TextIO

from sluice.telemetry.attributes import ALLOWED
from sluice.telemetry.in_hand import trace_in_hand

Attribute = str | int | float | bool | None
_LEVELS = ("debug", "info", "warning", "error")


class Log:
    """One service's log. An attribute that is not on the list is a mistake in our code, and raises ValueError.

    A line that is written while a record or a call is in hand says which trace that belongs to.
    """

    def __init__(self, service: str, level: str = "info", stream: TextIO | None = None) -> None:
        self.service = service
        self._least = _LEVELS.index(level)
        self._stream = stream

    def wants(self, level: str) -> bool:
        """Whether such a line would be written: for what happens thousands of times a second."""
        return _LEVELS.index(level) >= self._least

    def debug(self, event: str, **attributes: Attribute) -> None:
        """What only somebody who looks for it wants to see."""
        self._write("debug", event, attributes)

    def info(self, event: str, **attributes: Attribute) -> None:
        """What happened as it should."""
        self._write("info", event, attributes)

    def warning(self, event: str, **attributes: Attribute) -> None:
        """What did not, and was dealt with."""
        self._write("warning", event, attributes)

    def error(self, event: str, **attributes: Attribute) -> None:
        """What somebody should look at."""
        self._write("error", event, attributes)

    def _write(self, level: str, event: str, attributes: dict[str, Attribute]) -> None:
        forbidden = attributes.keys() - ALLOWED
        if forbidden:
            raise ValueError(f"not in sluice.telemetry.attributes.ALLOWED: {sorted(forbidden)}")
        if _LEVELS.index(level) < self._least:
            return
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event}
        stream = self._stream or sys.stderr
        told = line | {"service": self.service} | _traced() | attributes
        stream.write(json.dumps(told, ensure_ascii=False) + "\n")
        stream.flush()


def _traced() -> dict[str, Attribute]:
    """The trace of what is in hand, and its span where that is told."""
    trace = trace_in_hand()
    if trace is None:
        return {}
    return {"trace_id": trace.trace_id, **({"span_id": trace.span_id} if trace.span_id else {})}
