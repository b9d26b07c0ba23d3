"""Dead letters on a terminal and as JSON. Never what a record holds: ids, digests, sizes and words of ours."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from sluice.bus.dead_letters_log import Letter
from sluice.cli.tell import put_json
from sluice.contract.names import short_name
from sluice.v1.dead_letter_pb2 import DeadLetterReason

_HEAD = ("place", "at", "reason", "service", "request id", "bytes", "about")


def letter_json(found: Letter) -> dict[str, object]:
    """One letter. Keys may be added, never renamed or taken away."""
    letter = found.letter
    return {
        "place": found.place,
        "at": when(found),
        "reason": reason(found),
        "detail": letter.detail,
        "service": letter.service,
        "request_id": letter.request_id or None,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "size_bytes": letter.size_bytes,
        "sha256": letter.sha256.hex() or None,
        "value": letter.value.uri or None,
    }


def show_list(letters: Sequence[Letter]) -> None:
    """One line each, under a head. Columns are never cut: what they hold is what other commands take."""
    rows = [_HEAD, *(_row(found) for found in letters)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def show_one(found: Letter) -> None:
    """Every field on a line of its own."""
    form = letter_json(found)
    width = max(map(len, form))
    for name, value in form.items():
        sys.stdout.write(f"{name:<{width}}  {'-' if value is None else value}\n")


def tell_replay(found: Letter, state: str, json_lines: bool, offset: int | None = None, error: str = "") -> bool:
    """What became of one letter, on a line. `offset`: where the record lies now. Whether nothing went wrong."""
    letter = found.letter
    if json_lines:
        put_json(
            {
                "place": found.place,
                "state": state,
                "request_id": letter.request_id or None,
                "topic": letter.topic,
                "partition": letter.partition,
                "offset": offset,
                "error": error or None,
            }
        )
    else:
        to = f"{letter.topic}[{letter.partition}]" + ("" if offset is None else f"@{offset}")
        sys.stdout.write(f"{found.place} {state}{f': {error}' if error else f' to {to}'}\n")
    return not error


def _row(found: Letter) -> tuple[str, ...]:
    letter = found.letter
    about = f"{letter.topic}[{letter.partition}]@{letter.offset}"
    size = str(letter.size_bytes)
    return found.place, when(found), reason(found), letter.service, letter.request_id or "-", size, about


def reason(found: Letter) -> str:
    """The reason's short name."""
    return short_name(DeadLetterReason, found.letter.reason) or "UNSPECIFIED"


def when(found: Letter) -> str:
    """When the letter came: UTC, to the second."""
    return datetime.fromtimestamp(found.at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
