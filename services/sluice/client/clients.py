"""The client for asyncio."""

from types import TracebackType
from typing import Self, Unpack

from sluice.client.ask import Details
from sluice.client.drive import Transport
from sluice.client.gate import Gate
from sluice.client.moderation import Matter
from sluice.client.opening import open_transport
from sluice.client.settings import Options, read_client


class Client:
    """A gateway and a key. `url`: else SLUICE_URL; `api_key`: else SLUICE_API_KEY; the rest: `Options`.

    Inside `async with Client() as client` all gates share its connections; without the block each gate has its own.
    """

    def __init__(self, url: str | None = None, api_key: str | None = None, **options: Unpack[Options]) -> None:
        """Raises ConfigError, which names everything that is wrong."""
        self._settings = read_client(url, api_key, options)
        self._transport: Transport | None = None

    def __repr__(self) -> str:
        where = "the simulator" if self._settings.simulate else self._settings.base.host
        return f"Client({where})"

    async def __aenter__(self) -> Self:
        """Gates from here on share connections."""
        if self._transport is not None:
            raise RuntimeError("a client is for one block")
        self._transport = open_transport(self._settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes them. A gate that is still open gets no answers any more."""
        if self._transport is not None:
            await self._transport.close()

    def moderate(self, prompt: str | None = None, **details: Unpack[Details]) -> Gate:
        """A gate for one prompt: `async with client.moderate(...) as gate`. `details`: as `Details` says.

        Raises TypeError or ValueError for what cannot be asked; never with content in its message.
        """
        return Gate(Matter(self._settings, prompt, details), self._transport)


def moderate(prompt: str | None = None, **details: Unpack[Details]) -> Gate:
    """A gate of a client that is made for it, from the environment. Raises ConfigError too."""
    return Client().moderate(prompt, **details)
