"""Triton behind TLS: whom to trust, and what to show where it wants to know who calls."""

from pathlib import Path
from typing import Final

import grpc

from sluice.errors import ConfigError
from sluice.refreshed import snapshot
from sluice.tls_files import AUTHORITY, CALLS, CERTIFICATE, KEY, load_tls, parse_certificates, read_tls

VARIABLE: Final = "SLUICE_TRITON_TLS_DIR"


def triton_credentials(folder: Path) -> grpc.ChannelCredentials:
    """Of a folder with `ca.crt` and, where Triton asks for certificates, `tls.crt` and `tls.key`. ConfigError with
    what is wrong with them."""
    if (folder / CERTIFICATE).exists() or (folder / KEY).exists():
        files = load_tls(folder, read_tls(folder), VARIABLE, CALLS)
        return grpc.ssl_channel_credentials(files.authority, files.key, files.certificate)
    seen = snapshot([folder / AUTHORITY])
    if seen.problems:
        raise ConfigError([f"{problem}; {VARIABLE} names the folder" for problem in seen.problems])
    authority = seen.files[folder / AUTHORITY]
    parse_certificates(authority, folder / AUTHORITY)
    return grpc.ssl_channel_credentials(authority)
