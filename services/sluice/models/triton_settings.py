"""Where Triton is, and how it is asked."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sluice.errors import ConfigError
from sluice.models.triton_tls import VARIABLE as TLS
from sluice.models.triton_tls import triton_credentials
from sluice.settings import Reader

_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
_HERE = re.compile(r"localhost|127(\.\d{1,3}){3}|\[::1\]")


@dataclass(frozen=True, slots=True)
class TritonSettings:
    """`deadline_ms`: of one call. `shared_memory`: inputs go through /dev/shm; `memory_key`: the value of the header
    `triton-grpc-protocol-memory-key`, where the server wants one for that. `cpu_fallback`: while Triton cannot,
    answer in this process. `tls`: the folder of certificates for it; None: it speaks plaintext."""

    url: str
    deadline_ms: int = 5000
    shared_memory: bool = False
    memory_key: str = ""
    cpu_fallback: bool = False
    tls: Path | None = None


def read_triton(reader: Reader) -> TritonSettings | None:
    """The SLUICE_TRITON_* variables; None where SLUICE_TRITON_URL is not set: models run in this process."""
    url, folder = reader.text("SLUICE_TRITON_URL", ""), reader.text(TLS, "")
    settings = TritonSettings(
        url=url,
        deadline_ms=reader.number("SLUICE_TRITON_DEADLINE_MS", 5000, least=10, most=120_000),
        shared_memory=reader.flag("SLUICE_TRITON_SHARED_MEMORY"),
        memory_key=reader.text("SLUICE_TRITON_MEMORY_KEY", ""),
        cpu_fallback=reader.flag("SLUICE_TRITON_CPU_FALLBACK"),
        tls=Path(folder).absolute() if folder else None,
    )
    if not url:
        return None
    address = _ADDRESS.fullmatch(url)
    if address is None or not 1 <= int(address["port"]) <= 65535:
        reader.problem(f"SLUICE_TRITON_URL={url!r} should be host:port of Triton's gRPC door, without a scheme")
    elif settings.shared_memory and not _HERE.fullmatch(address["host"]):
        reader.problem("SLUICE_TRITON_SHARED_MEMORY=1 needs a Triton on this machine, at localhost or 127.0.0.1")
    if settings.tls is not None:
        _try(reader, settings.tls)
    if find_spec("tritonclient") is None:
        reader.problem("SLUICE_TRITON_URL needs the package tritonclient: pip install 'sluice[triton]'")
    return settings


def _try(reader: Reader, folder: Path) -> None:
    """Whether the certificates can be used, told at start and not at the first picture."""
    try:
        triton_credentials(folder)
    except ConfigError as error:
        for problem in error.problems:
            reader.problem(problem)
