"""The image classifier as a process of its own, as it runs in production, without a broker: only its gRPC door."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from sluice.errors import NotReadyError
from sluice.local.entry_points import service_commands
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process
from sluice.v1.contents_pb2 import PreparedContent
from sluice.v1.image_classifier_pb2 import ImageClassifierClassifyRequest
from sluice.v1.image_classifier_pb2_grpc import ImageClassifierStub
from sluice.v1.verdict_pb2 import STATUS_OK

if TYPE_CHECKING:  # the types of the stubs know this name, the stubs do not
    from sluice.v1.image_classifier_pb2_grpc import ImageClassifierAsyncStub

SERVICE = "image-classifier"
READY_SECONDS = 180
CALL_SECONDS = 600.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running service."""

    process: Process
    address: str

    async def ready(self, content: PreparedContent) -> None:
        """Waits for its first answer. Raises NotReadyError."""
        async with grpc.aio.insecure_channel(self.address) as channel:
            stub: ImageClassifierAsyncStub = ImageClassifierStub(channel)
            for _ in range(READY_SECONDS * 5):
                if self.process.exit_code() is not None:
                    raise NotReadyError(f"{SERVICE} {self.process.how_it_ended()}")
                try:
                    await stub.Classify(ImageClassifierClassifyRequest(content=content), timeout=CALL_SECONDS)
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    await asyncio.sleep(0.2)
                else:
                    return
        raise NotReadyError(f"{SERVICE} did not get ready; its log is {self.process.log}")

    async def classify(self, contents: list[PreparedContent], in_flight: int) -> None:
        """Asks for every content, `in_flight` at a time. Raises SystemExit where one is not answered."""
        rest = iter(contents)

        async def work(stub: "ImageClassifierAsyncStub") -> None:
            # One iterator for all of them: whoever is free takes the next.
            for content in rest:
                request = ImageClassifierClassifyRequest(content=content)
                answer = await stub.Classify(request, timeout=CALL_SECONDS)
                if answer.result.status != STATUS_OK:
                    raise SystemExit(f"{SERVICE}: status {answer.result.status}, {answer.result.detail}")

        async with grpc.aio.insecure_channel(self.address) as channel, asyncio.TaskGroup() as group:
            stub: ImageClassifierAsyncStub = ImageClassifierStub(channel)
            for _ in range(in_flight):
                group.create_task(work(stub))


@contextmanager
def serving(env: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Starts it, and stops it at the end. `env`: see `opened.environment`. Call it on the main thread."""
    (port,) = free_ports(1)
    address = f"{LOOPBACK}:{port}"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "KAFKA_", "OTEL_"))}
    settings = {**own, **env, "SLUICE_GRPC_ADDRESS": address, "SLUICE_LOG_LEVEL": "warning"}
    process = Process.start(SERVICE, service_commands()[SERVICE], settings, log)
    try:
        yield Server(process, address)
    finally:
        process.terminate()
        if not process.wait(STOP_SECONDS):
            process.kill()
