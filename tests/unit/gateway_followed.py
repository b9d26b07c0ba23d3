"""The gateway's HTTP door with a follower of its own, over a road that writes what it decides to the log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.follower import Follower
from gateway.follower_settings import FollowerSettings
from sluice.deadline import Deadline, now_ms
from sluice.objects import ObjectStore, signed_key
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Reason
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.request_pb2 import STAGE_OUTPUT, Request
from tests.unit.gateway_door import NOW_MS, Door, TableRoad, decision_of, open_door
from tests.unit.gateway_log import LogOf, heard

ALL = FollowerSettings(keep_ms=2**62)
"""The stand-in for a cluster does not find offsets by time."""
PICTURE = b"a signed picture, as far as this test goes"


@dataclass(frozen=True, slots=True)
class Decides:
    """A road's answers, which go to the log first: a verdict, the decision, and for an allowed output the asset."""

    log: LogOf
    store: ObjectStore
    action: Action.ValueType = ACTION_ALLOW

    def __call__(self, request: Request) -> ModerateResponse:
        """The answer to a request."""
        offset = self.log.verdict(request.id, "text")
        decision = decision_of(request, self.action, requested_at_ms=NOW_MS, prepared_at_ms=NOW_MS + 5)
        del decision.inputs[:]
        decision.inputs.extend([heard("text", offset, NOW_MS + 6)])
        decision.decided_at_ms, decision.policy_digest = NOW_MS + 20, bytes(32)
        if self.action != ACTION_ALLOW:
            reason = Reason(rule="violence", category="violence", score=0.93, threshold=0.5, action=self.action)
            decision.reasons.extend([reason])
        self.log.decision(decision)
        if self.action != ACTION_ALLOW or request.stage != STAGE_OUTPUT:
            return ModerateResponse(decision=decision)
        digest = bytes(32)
        reference = self.store.put_now(signed_key(request.id, digest, "png"), PICTURE, "image/png")
        self.log.signed(request.id, reference)
        return ModerateResponse(decision=decision, asset=SignedAsset(request_id=request.id, signed=reference))


@asynccontextmanager
async def following(
    kafka: KafkaSettings, settings: FollowerSettings = ALL, log: Log | None = None
) -> AsyncIterator[Follower]:
    """A follower that has read the log to its end."""
    follower = Follower(kafka, settings, log or Log("gateway"), Metrics("gateway"), now_ms)
    try:
        await follower.start()
        for tail in follower.tails:
            await tail.caught_up(Deadline.after(20))
        yield follower
    finally:
        await follower.close()


@asynccontextmanager
async def open_followed(
    folder: Path, log: LogOf, action: Action.ValueType = ACTION_ALLOW, **more: Any
) -> AsyncIterator[Door]:
    """A door whose follower reads the log. `more`: fields of `Parts`."""
    store = ObjectStore.open(f"file://{folder / 'objects'}")
    road = TableRoad(Decides(log, store, action))
    async with (
        following(log.kafka) as follower,
        open_door(folder, road, follower=follower, store=store, **more) as door,
    ):
        yield door
