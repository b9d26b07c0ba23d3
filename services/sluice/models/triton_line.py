"""One connection to Triton for one model: calls with a deadline, and shared memory where it is on.

gRPC's asynchronous channels belong to the event loop that they were made in, and share one TCP connection per server
beneath.
"""

import time
from contextlib import suppress
from typing import Any, Final

import grpc
import grpc.aio
import numpy as np
from tritonclient.grpc import model_config_pb2 as config_pb
from tritonclient.grpc import service_pb2 as wire
from tritonclient.grpc.service_pb2_grpc import GRPCInferenceServiceStub

from sluice.models import triton_wire
from sluice.models.card import Card
from sluice.models.engine import Arrays
from sluice.models.shared_memory import Region
from sluice.models.triton_errors import Failure, Trouble, failure
from sluice.models.triton_settings import TritonSettings
from sluice.models.triton_tls import triton_credentials

SLOTS: Final = 4
"""Calls whose inputs are in shared memory at once; further ones send theirs through the socket."""
LARGEST_SLOT: Final = 8 << 20
MEMORY_HEADER: Final = "triton-grpc-protocol-memory-key"
_OPTIONS: Final = (
    ("grpc.max_send_message_length", 2**31 - 1),
    ("grpc.max_receive_message_length", 2**31 - 1),
    # Retries are ours: they have a budget.
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class CallFailed(Exception):  # noqa: N818 - never leaves the engine; the error to raise is inside
    """A call that failed, and what that means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.error))
        self.failure = failure


class Line:
    """`until` is always a moment of `time.monotonic()`."""

    def __init__(self, card: Card, settings: TritonSettings) -> None:
        """ConfigError where the certificates have become useless since the start."""
        self._card = card
        self._settings = settings
        self._channel = _channel(settings)
        self._stub: Any = GRPCInferenceServiceStub(self._channel)
        self._region: Region | None = None

    async def config(self, until: float) -> config_pb.ModelConfig:
        """The server's config of the pinned version. Raises CallFailed."""
        request = wire.ModelConfigRequest(name=self._card.name, version=str(self._card.version))
        return (await self._call(self._stub.ModelConfig, request, until)).config

    async def infer(self, inputs: Arrays, rows: int, urgent: bool, until: float) -> Arrays:
        """One message's answer. Raises CallFailed, or RetryableError for an answer in a wrong form."""
        microseconds = round((until - time.monotonic()) * 1e6)
        message = triton_wire.request(self._card, "", urgent, microseconds)
        region = await self._region_for(inputs, until) if self._settings.shared_memory else None
        offset = region.take() if region is not None else None
        if region is None or offset is None:
            triton_wire.fill(message, inputs)
            return triton_wire.answer_of(self._card, await self._call(self._stub.ModelInfer, message, until), rows)
        try:
            _share(message, inputs, region, offset)
            response = await self._call(self._stub.ModelInfer, message, until)
        except CallFailed as error:
            if error.failure.trouble is Trouble.FORGOTTEN and self._region is region:
                self._region = None
            raise
        finally:
            # A call that was given up may still be read by the server. Its answer reaches nobody.
            region.give(offset)
        return triton_wire.answer_of(self._card, response, rows)

    async def close(self) -> None:
        """Lets go of the connection and, where the server still answers, of its hold on our memory."""
        region, self._region = self._region, None
        if region is not None:
            request = wire.SystemSharedMemoryUnregisterRequest(name=region.name)
            # A server that is gone let go of it too.
            with suppress(CallFailed):
                await self._call(
                    self._stub.SystemSharedMemoryUnregister, request, time.monotonic() + 1.0, self._keys()
                )
        await self._channel.close()

    async def _region_for(self, inputs: Arrays, until: float) -> Region | None:
        """None where the inputs do not fit into a slot. Raises CallFailed, NotReadyError."""
        if sum(value.nbytes for value in inputs.values()) > self._slot_bytes():
            return None
        if self._region is None:
            region = Region(SLOTS, self._slot_bytes())
            request = wire.SystemSharedMemoryRegisterRequest(name=region.name, key=region.key, byte_size=region.size)
            try:
                await self._call(self._stub.SystemSharedMemoryRegister, request, until, self._keys())
            finally:
                region.forget_name()
            self._region = region
        return self._region

    def _slot_bytes(self) -> int:
        """For the largest message: fixed sides as the card has them; where one varies, LARGEST_SLOT."""
        size = 0
        for tensor in self._card.inputs:
            sides = [side for side in tensor.shape[1:] if isinstance(side, int)]
            if len(sides) != len(tensor.shape) - 1:
                return LARGEST_SLOT
            size += triton_wire.ROWS * int(np.prod(sides)) * np.dtype(tensor.dtype).itemsize
        return min(size, LARGEST_SLOT)

    def _keys(self) -> tuple[tuple[str, str], ...]:
        return ((MEMORY_HEADER, self._settings.memory_key),) if self._settings.memory_key else ()

    async def _call(self, method: Any, request: Any, until: float, metadata: tuple[tuple[str, str], ...] = ()) -> Any:
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise CallFailed(failure(self._card.name, grpc.StatusCode.DEADLINE_EXCEEDED, ""))
        try:
            return await method(request, timeout=seconds, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise CallFailed(failure(self._card.name, error.code(), error.details() or "")) from None


def _channel(settings: TritonSettings) -> grpc.aio.Channel:
    if settings.tls is None:
        return grpc.aio.insecure_channel(settings.url, options=_OPTIONS)
    return grpc.aio.secure_channel(settings.url, triton_credentials(settings.tls), options=_OPTIONS)


def _share(message: wire.ModelInferRequest, inputs: Arrays, region: Region, offset: int) -> None:
    """Puts the inputs into the slot, one behind the other, and says in the message where they are."""
    for name, value in inputs.items():
        region.put(offset, value)
        parameters = triton_wire.describe(message, name, value).parameters
        parameters["shared_memory_region"].string_param = region.name
        parameters["shared_memory_byte_size"].int64_param = value.nbytes
        parameters["shared_memory_offset"].int64_param = offset
        offset += value.nbytes
