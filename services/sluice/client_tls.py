"""gRPC channels of commands: in plaintext or, where SLUICE_CLIENT_TLS_DIR is set, with a certificate of their own.

Where it is set, no channel is plaintext: a command whose server speaks none fails and sends nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio

from sluice.errors import ConfigError
from sluice.refreshed import Refreshed, Version
from sluice.tls_files import CALLS, Clock, TlsFiles, load_tls, read_tls, utc_now

ABOUT: Final = "client-certificate"
VARIABLE: Final = "SLUICE_CLIENT_TLS_DIR"
NAME: Final = "SLUICE_CLIENT_TLS_NAME"
Options = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What a caller shows and whom it trusts. `name`: the DNS name or address that the server's certificate must
    have; empty: the one that is called."""

    credentials: grpc.ChannelCredentials = field(repr=False)
    name: str = ""

    def options(self) -> Options:
        """Of a channel."""
        return (("grpc.ssl_target_name_override", self.name),) if self.name else ()


def read_client_tls(env: Mapping[str, str], clock: Clock = utc_now) -> ClientTls | None:
    """What the environment says; None for plaintext. The files are read now. ConfigError for what is wrong with
    them."""
    folder, name = env.get(VARIABLE, ""), env.get(NAME, "")
    if not folder:
        if name:
            raise ConfigError([f"{NAME} needs {VARIABLE}: in plaintext nobody's name is checked"])
        return None
    return client_tls(watched_client_tls(Path(folder).absolute(), clock).value, name)


def watched_client_tls(folder: Path, clock: Clock = utc_now) -> Refreshed[TlsFiles]:
    """The folder's certificate, for `sluice.host.file_watch`: of a service that calls others for longer than one
    certificate lasts. ConfigError with what is wrong with the first one."""
    return Refreshed(
        ABOUT,
        lambda: read_tls(folder, clock),
        lambda seen: load_tls(folder, seen, VARIABLE, CALLS),
        lambda files: Version(files.serial, files.digest),
    )


def client_tls(files: TlsFiles, name: str = "") -> ClientTls:
    """What a channel shows that is opened with these files."""
    return ClientTls(grpc.ssl_channel_credentials(files.authority, files.key, files.certificate), name)


def open_channel(address: str, tls: ClientTls | None, options: Options = ()) -> grpc.Channel:
    """A channel for blocking calls. Close it."""
    if tls is None:
        return grpc.insecure_channel(address, options=options)
    return grpc.secure_channel(address, tls.credentials, options=[*options, *tls.options()])


def open_aio_channel(address: str, tls: ClientTls | None, options: Options = ()) -> grpc.aio.Channel:
    """A channel for asyncio. Close it."""
    if tls is None:
        return grpc.aio.insecure_channel(address, options=options)
    return grpc.aio.secure_channel(address, tls.credentials, options=[*options, *tls.options()])
