"""Channels to the services that the gateway asks, opened anew where the certificate that they show has changed."""

import asyncio
import json
from dataclasses import dataclass
from typing import Final

import grpc.aio

from sluice.client_tls import client_tls, open_aio_channel
from sluice.refreshed import Current
from sluice.tls_files import TlsFiles

GRACE_SECONDS: Final = 60.0
"""For the calls of a channel that another one has taken the place of."""
MESSAGE_BYTES: Final = 8 << 20
_RETRIES: Final = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    # Asking twice is asking once: the id is the request's own. A door that is full is asked again by the caller, who
    # is told when.
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    # The services are inside; no proxy that the environment names can reach them.
    ("grpc.enable_http_proxy", 0),
    # A name with several addresses is several replicas: each call goes to the next one.
    ("grpc.lb_policy_name", "round_robin"),
    # Who comes back is found again within seconds.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": _RETRIES}]})),
)


@dataclass(frozen=True, slots=True)
class Shows:
    """With what channels are opened. `certificate`: None for plaintext; `name`: as `ClientTls` has it."""

    certificate: Current[TlsFiles] | None = None
    name: str = ""


class Link:
    """A channel to one service, host:port or dns:///host:port. Use it from one event loop, and close it."""

    def __init__(self, address: str, shows: Shows) -> None:
        self._address = address
        self._shows = shows
        self._files: TlsFiles | None = None
        self._channel: grpc.aio.Channel | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def channel(self) -> grpc.aio.Channel:
        """The one to call with now. One that was taken before may be used for calls that have begun."""
        certificate = self._shows.certificate
        files = None if certificate is None else certificate.value
        if self._channel is None or files is not self._files:
            if self._channel is not None:
                leaving = asyncio.create_task(self._channel.close(GRACE_SECONDS))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)
            self._files = files
            tls = None if files is None else client_tls(files, self._shows.name)
            self._channel = open_aio_channel(self._address, tls, _OPTIONS)
        return self._channel

    async def close(self) -> None:
        """Ends all calls."""
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self._channel is not None:
            await self._channel.close()
            self._channel = None
