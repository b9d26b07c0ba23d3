"""The service without Kafka: from an approved asset to what would be published, with a store in a folder."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.images.measure import Spent, Watch
from benchmarks.signing.inputs import Asked, facts, written
from c2pa_signer.settings import Mining
from c2pa_signer.sign import Signer
from c2pa_signer.worker import SignerRecords
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.deadline import Deadline
from sluice.objects import ObjectStore, original_key
from sluice.v1.asset_pb2 import ApprovedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, ContentSummary, Decision
from sluice.v1.request_pb2 import OPERATION_GENERATE, ROLE_GENERATED, STAGE_OUTPUT, ObjectReference


class MemoryTail:
    """A log that has been read to its end."""

    partitions = 1

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """As `LogTail.get`."""
        return self.values.get(key)

    async def settled(self, partition: int, deadline: Deadline) -> int:  # noqa: ARG002 - as `LogTail.settled`
        """At once."""
        return 0


def approved(original: ObjectReference) -> tuple[str, bytes, bytes]:
    """A request that was allowed: its id, its decision, and the record that asks for the signature."""
    known = facts()
    decision = Decision(
        request_id=known.request_id,
        stage=STAGE_OUTPUT,
        action=ACTION_ALLOW,
        operation=OPERATION_GENERATE,
        complete=True,
        policy_digest=known.policy_digest,
        content_digest=known.content_digest,
        contents=[ContentSummary(role=ROLE_GENERATED, sha256=original.sha256)],
    )
    asset = ApprovedAsset(
        request_id=known.request_id,
        operation=OPERATION_GENERATE,
        original=original,
        policy_digest=known.policy_digest,
        content_digest=known.content_digest,
        pdq=known.pdq,
        pdq_quality=known.pdq_quality,
    )
    return known.request_id, decision.SerializeToString(), asset.SerializeToString()


def _children_seconds() -> float:
    """CPU seconds of children that have ended: those that look at credentials."""
    times = os.times()
    return times.children_user + times.children_system


async def stored(asked: Asked, store: ObjectStore) -> ObjectReference:
    """The picture in the store, as ingest keeps it."""
    sha256 = hashlib.sha256(asked.data).digest()
    return await store.keep(original_key(sha256), asked.data, asked.media_type)


class Handling:
    """A signer's records, ready to work."""

    def __init__(self, asked: Asked, folder: Path, threads: int) -> None:
        self._asked = asked
        self._threads = threads
        self._store = ObjectStore.open((folder / "objects").as_uri())
        self._decisions, self._signed = MemoryTail(), MemoryTail()
        logs: list[Any] = [self._decisions, self._signed]
        signer = Signer.open(written(asked.algorithm, folder))
        self._records = SignerRecords(signer, self._store, logs[0], logs[1], Mining.UNSAID, threads)

    def run(self, count: int) -> Spent:
        """`count` pictures, twice as many records in hand as there are threads."""
        return asyncio.run(self._run(count))

    async def _run(self, count: int) -> Spent:
        records = await self._asked_for(count)
        rest = iter(records)

        async def work() -> None:
            for record in rest:
                await self._records.handle(record)

        watch, children = Watch(), _children_seconds()
        async with asyncio.TaskGroup() as group:
            for _ in range(2 * self._threads):
                group.create_task(work())
        spent = watch.spent(count)
        return replace(spent, here=spent.here + (_children_seconds() - children) / count)

    async def _asked_for(self, count: int) -> Sequence[Record]:
        original = await stored(self._asked, self._store)
        records = []
        for offset in range(count):
            request_id, decision, asset = approved(original)
            self._decisions.values[request_id] = decision
            records.append(Record(Topic.APPROVED, 0, offset, request_id.encode(), asset, 0))
        return records
