"""The records of one request, read where they lie."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from gateway.follower_places import Places
from gateway.follower_recent import tenant_of
from sluice.bus.find import Find
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.errors import TerminalError
from sluice.telemetry.trace_context import of_request, parse
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import Verdict

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and its record's append time."""

    decision: Decision
    written_ms: int
    trace_id: str

    @property
    def tenant(self) -> str:
        """Whose request it was; empty where it named nobody, and then no key's."""
        return tenant_of(self.decision)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed picture and its record's append time."""

    asset: SignedAsset
    written_ms: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A check's verdict: its offset and its record's append time."""

    verdict: Verdict
    offset: int
    written_ms: int


async def read_decision(find: Find, request_id: str, places: Places) -> Decided | None:
    """The decision; None where there is none, or it is not kept any more. RetryableError, TerminalError."""
    record = await _read(find, Topic.DECISIONS, request_id, places.partition, places.decision)
    if record is None:
        return None
    context = parse(record.headers)
    trace_id = context.trace_id if context is not None else of_request(request_id).trace_id
    return Decided(_message(Decision(), record), record.timestamp_ms, trace_id)


async def read_signed(find: Find, request_id: str, places: Places) -> Signed | None:
    """The signed picture of an allowed output. None and errors as for `read_decision`."""
    record = await _read(find, Topic.SIGNED, request_id, places.partition, places.signed)
    return None if record is None else Signed(_message(SignedAsset(), record), record.timestamp_ms)


async def read_verdicts(find: Find, request_id: str, partition: int, offsets: Sequence[int]) -> list[Heard]:
    """Verdicts in the order of the log, those that are still kept. Errors as for `read_decision`."""
    wanted = sorted(offsets)
    found = await asyncio.gather(*(_read(find, Topic.VERDICTS, request_id, partition, offset) for offset in wanted))
    return [
        Heard(_message(Verdict(), record), record.offset, record.timestamp_ms)
        for record in found
        if record is not None
    ]


async def _read(find: Find, topic: Topic, request_id: str, partition: int, offset: int | None) -> Record | None:
    if offset is None:
        return None
    record = await find(topic, partition, offset)
    # A topic that was made anew has other records at the same offsets.
    return record if record is not None and record.key == request_id.encode() else None


def _message(empty: M, record: Record) -> M:
    try:
        empty.ParseFromString(record.value)
    except DecodeError as error:
        raise TerminalError(f"{record.topic}[{record.partition}]@{record.offset} cannot be read") from error
    return empty
