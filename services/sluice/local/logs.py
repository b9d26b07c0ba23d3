"""Reading the end of a service's log: what it said last, and why it is not ready."""

import json
from collections.abc import Iterator
from pathlib import Path

_TAIL_BYTES = 16_384
_NOT_READY = "not ready"


def last_words(log: Path) -> str:
    """The last line that is not empty; for a JSON line its event and what explains it."""
    for line in _backwards(log):
        return _readable(line)
    return ""


def all_words(log: Path) -> str:
    """Everything in a short log, on one line."""
    return "; ".join(_readable(line) for line in reversed(list(_backwards(log))))


def not_ready_reason(log: Path) -> str:
    """The newest reason that a service gave for not being ready, or its last words."""
    for line in _backwards(log):
        fields = _fields(line)
        if fields.get("event") == _NOT_READY:
            return str(fields.get("reason", ""))
    return last_words(log)


def _backwards(log: Path) -> Iterator[str]:
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
    except FileNotFoundError:
        return
    for line in reversed(tail.decode("utf-8", "replace").splitlines()):
        if line.strip():
            yield line.strip()


def _fields(line: str) -> dict[str, object]:
    if not line.startswith("{"):
        return {}
    try:
        fields = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _readable(line: str) -> str:
    fields = _fields(line)
    if "event" not in fields:
        return line
    why = [str(fields[name]) for name in ("reason", "error", "detail") if fields.get(name)]
    return f"{fields['event']}: {'; '.join(why)}" if why else str(fields["event"])
