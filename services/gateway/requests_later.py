"""Requests in this process's hands: those that a caller waits for, and those that nobody waits for.

What nobody waits for goes on in the background, a bounded number at once, and is finished before the process ends.
What became of it is on the log; why nothing became of it is kept here for a while.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc

from gateway.errors import ApiError
from gateway.refused import api_error, internal_error, of_status
from gateway.requests_taken import Taken
from gateway.shares import Shares
from sluice.attempt import Unforeseen, attempt
from sluice.errors import SluiceError
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics

MOST_FAILED: Final = 10_000
"""Of which it is kept why."""


@dataclass(slots=True)
class InHand:
    """A request and how many calls are at it. `failed`: why there is no decision, where that is known."""

    taken: Taken
    calls: int = 0
    failed: ApiError | None = None


class Later:
    """Use it from one event loop. `most`: requests in the background at once, a quarter of them of one tenant."""

    def __init__(self, log: Log, metrics: Metrics, most: int) -> None:
        self._log = log
        self._shares = Shares(most, "requests are in the background")
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[str, InHand] = {}
        self._failed: OrderedDict[str, InHand] = OrderedDict()
        about = "Requests of `wait: false` that are under way."
        metrics.gauge_of("gateway_pending_requests", about, lambda: float(len(self._tasks)))

    def get(self, request_id: str) -> InHand | None:
        """What is known here of a request that may not be decided."""
        return self._held.get(request_id) or self._failed.get(request_id)

    @contextmanager
    def asked(self, taken: Taken) -> Iterator[None]:
        """While it is entered, the request is known. ApiError 409 where another one has this id."""
        held = self._enter(taken)
        try:
            yield
        finally:
            self._leave(held)

    def has_room(self, tenant: str) -> None:
        """OverloadedError or ApiError 429 where `start` would not take a request of this tenant now."""
        self._shares.take(tenant)
        self._shares.leave(tenant)

    def start(self, taken: Taken, work: Coroutine[Any, Any, object]) -> None:
        """Works on it in the background. OverloadedError where too much is, ApiError 429 where its
        tenant has its share of that, and as for `asked`; `work` is not
        begun then."""
        try:
            self._shares.take(taken.tenant)
            try:
                held = self._enter(taken)
            except SluiceError:
                self._shares.leave(taken.tenant)
                raise
        except SluiceError:
            work.close()
            raise
        task = asyncio.create_task(self._finish(held, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._over(held))

    async def drain(self, seconds: float) -> None:
        """Returns when all that is in the background is done, or after `seconds`: what is published is decided all
        the same."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=seconds)
        left = tuple(self._tasks)
        if left:
            self._log.warning("requests are left to the log", count=len(left))
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _over(self, held: InHand) -> None:
        self._shares.leave(held.taken.tenant)
        self._leave(held)

    def _enter(self, taken: Taken) -> InHand:
        held = self._held.get(taken.request_id)
        if held is None:
            self._failed.pop(taken.request_id, None)
            held = self._held[taken.request_id] = InHand(taken)
        elif (held.taken.tenant, held.taken.digest) != (taken.tenant, taken.digest):
            raise used_before()
        held.calls += 1
        return held

    def _leave(self, held: InHand) -> None:
        held.calls -= 1
        if held.calls:
            return
        request_id = held.taken.request_id
        del self._held[request_id]
        if held.failed is not None:
            self._failed[request_id] = held
            if len(self._failed) > MOST_FAILED:
                self._failed.popitem(last=False)

    async def _finish(self, held: InHand, work: Coroutine[Any, Any, object]) -> None:
        try:
            outcome = await attempt(work)
        except SluiceError as error:
            held.failed = api_error(error)
        else:
            if not isinstance(outcome, Unforeseen):
                return
            held.failed = internal_error()
            self._log.error("call failed", error=outcome.kind, detail=outcome.place)
        self._log.info("no decision", request_id=held.taken.request_id, reason=held.failed.code)


def used_before() -> ApiError:
    """409: the id stands for something else."""
    return of_status(grpc.StatusCode.ALREADY_EXISTS, {})
