"""A gRPC server with our doors, in this process, and a channel to it."""

import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio

from sluice.host.doors import Doors
from sluice.host.rpc_counts import RpcCounts
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import Spans


@asynccontextmanager
async def serving(
    add: Callable[[grpc.aio.Server], None],
    said: io.StringIO | None = None,
    options: Sequence[tuple[str, Any]] = (),
    spans: Spans | None = None,
    sample: float = 1.0,
    metrics: Metrics | None = None,
) -> AsyncIterator[grpc.aio.Channel]:
    """`add` adds the services; `said` gets the log; `options` are the channel's; `spans` is told of calls,
    `metrics` counts them."""
    counts = RpcCounts(metrics) if metrics else None
    doors = Doors(Log("test", stream=said or io.StringIO()), spans, sample, counts)
    server = grpc.aio.server(interceptors=[doors])
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        yield channel
    await server.stop(None)
