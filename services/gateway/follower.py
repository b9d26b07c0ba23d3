"""What the log says of requests: where each one's verdicts, decision and signed picture lie; the newest decisions.

Read as a member of no group, and never the topics that hold texts. Places are kept, records are not: they are read
when somebody asks.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from gateway.follower_bells import Bells
from gateway.follower_places import Places, PlacesIndex
from gateway.follower_recent import Recent, Row, row_of
from gateway.follower_settings import FollowerSettings
from sluice.bus.find import Find, KeptFinder
from sluice.bus.record import Record
from sluice.bus.scan import count_partitions
from sluice.bus.tail import LogTail
from sluice.bus.topics import Topic
from sluice.deadline import Deadline
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.decision_pb2 import Decision

SHARES: Final = {Topic.DECISIONS: 1, Topic.SIGNED: 1, Topic.VERDICTS: 6}
"""What is followed, and how many records of it a request has at most as a rule."""
_UNEVEN: Final = 1.25
"""By how much a partition may have more than its share."""
_LOOKS: Final = 4
"""Records that are read at once."""


class Follower:
    """Start it in the event loop that asks it. `now`: milliseconds since the epoch."""

    def __init__(
        self, kafka: KafkaSettings, settings: FollowerSettings, log: Log, metrics: Metrics, now: Callable[[], int]
    ) -> None:
        self._kafka = kafka
        self._settings = settings
        self._log = log
        self._now = now
        self._index = PlacesIndex(settings.keep, settings.keep_ms)
        self._recent = Recent()
        self._requests = Bells()
        self._tenants = Bells()
        self._finder = KeptFinder(kafka, _LOOKS)
        self._tails: list[LogTail[None]] = []
        about = "Requests whose verdicts, decision and signed picture the gateway can look up."
        metrics.gauge_of("gateway_followed_requests", about, lambda: float(len(self._index)))

    @property
    def tails(self) -> Sequence[LogTail[None]]:
        """The logs that are read; none before `start`."""
        return tuple(self._tails)

    @property
    def find_record(self) -> Find:
        """Reads one record by its place."""
        return self._finder.find

    async def start(self) -> None:
        """Begins to read. RetryableError where the broker does not answer, or a topic is not there."""
        partitions = await asyncio.to_thread(count_partitions, self._kafka, Topic.DECISIONS)
        share = _UNEVEN * self._settings.keep / partitions
        since_ms = max(0, self._now() - self._settings.keep_ms)
        for topic, each in SHARES.items():
            reach = int(share * each) + 1
            tail = LogTail[None](self._kafka, topic, self._note, self._log, most=1, reach=reach, since_ms=since_ms)
            self._tails.append(tail)
            await tail.start()

    def find(self, request_id: str) -> Places | None:
        """Where the records of a request lie that are there by now; None where none are, or they are too old."""
        return self._index.find(request_id, self._now())

    async def settled(self, topic: Topic, request_id: str, deadline: Deadline) -> None:
        """Returns once the topic has been read to the end that it has now, as far as the request may be there.
        RetryableError."""
        for tail in self._tails:
            if tail.topic == topic:
                await tail.settled(partition_for(request_id, tail.partitions), deadline)

    def newest(self, tenant: str) -> Sequence[Row]:
        """The newest decisions of a tenant, the newest first."""
        return self._recent.newest(tenant)

    def heard(self, request_id: str) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever something of this request was read."""
        return self._requests.heard(request_id)

    def ring(self, request_id: str) -> None:
        """Something else happened to this request."""
        self._requests.ring(request_id)

    def heard_tenant(self, tenant: str) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever a decision of this tenant was read."""
        return self._tenants.heard(tenant)

    async def close(self) -> None:
        """Stops reading."""
        await asyncio.gather(*(tail.close() for tail in self._tails))
        self._tails.clear()
        await self._finder.close()

    def _note(self, record: Record) -> None:
        """On the readers' threads. DecodeError for what is no decision: the tail says so and goes on."""
        request_id = record.key.decode(errors="replace")
        self._index.add(record.topic, record.partition, request_id, record.offset, record.timestamp_ms)
        if record.topic == Topic.DECISIONS:
            row = row_of(Decision.FromString(record.value), record)
            self._recent.add(row)
            self._tenants.ring(row.tenant)
        self._requests.ring(request_id)
