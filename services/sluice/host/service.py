"""What the host runs: a service's own part, beside transport, signals and readiness."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import grpc.aio

from sluice.bus.producer import AsyncProducer
from sluice.host.faults import Faults
from sluice.host.readiness import Readiness
from sluice.objects import ObjectStore
from sluice.settings import Reader, Settings
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import NoSpans, Spans


@dataclass(frozen=True, slots=True)
class Context:
    """What a service stands on while it runs."""

    settings: Settings
    log: Log
    readiness: Readiness
    producer: AsyncProducer
    store: ObjectStore
    metrics: Metrics
    spans: Spans = field(default_factory=NoSpans)
    faults: Faults = field(default_factory=Faults)


class Service(ABC):
    """One room. The host calls configure, add_rpc, open, run, close, in this order."""

    name: ClassVar[str]
    """As `sluice serve` knows it."""
    rpc: ClassVar[str] = ""
    """Full name of its gRPC service, for health and reflection."""
    max_message: ClassVar[int] = 8 << 20
    """Largest gRPC message that it takes, bytes: room for eight inline pictures at the default limit."""

    writes: ClassVar[bool] = True
    """Whether it writes any topic. Of one that writes none the broker need not let it write any."""

    @abstractmethod
    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:
        """Reads settings of its own. Problems are collected by the reader."""

    @abstractmethod
    def add_rpc(self, server: grpc.aio.Server) -> None:
        """Adds its gRPC methods."""

    @abstractmethod
    async def open(self, context: Context) -> None:
        """Gets ready. NotReadyError or RetryableError: the host says so and calls again later."""

    @abstractmethod
    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then finishes what is in hand and returns."""

    async def close(self) -> None:
        """Lets go of what `open` took, also where it failed half-way."""
        return
