"""What was published is prepared once: a contents record and its source's offset are in one transaction."""

from collections import defaultdict
from collections.abc import Iterator

from sluice.contract.names import short_name
from sluice.v1.request_pb2 import Lane
from tests.chaos.history import History
from tests.chaos.objections import Kind, Objection


def check_contents(history: History) -> Iterator[Objection]:
    """Objections to contents records."""
    copies: dict[tuple[Lane.ValueType, int, int], list[int]] = defaultdict(list)
    for found in history.contents:
        message = found.message
        copies[found.lane, message.source_partition, message.source_offset].append(found.offset)
    for (lane, partition, offset), offsets in copies.items():
        if len(offsets) > 1:
            where = f"{short_name(Lane, lane)}-{partition}@{offset}"
            yield Objection(Kind.CONTENTS_DOUBLED, where, f"offsets {offsets} of the contents topic")
