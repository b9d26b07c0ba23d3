"""Fetching a file whose digest and size are known beforehand."""

import hashlib
import http.client
import shutil
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO

from sluice.errors import SluiceError

CONNECT_SECONDS = 5.0
"""For connecting and for each read: a host that is silent for so long has another source after it."""
CHUNK = 1 << 18


class FetchError(SluiceError):
    """A source did not give the file that its card names. Another source may."""


class Downloader:
    """Downloads by URL, and remembers which hosts could not be reached, so that each costs its timeout once."""

    def __init__(self, timeout: float = CONNECT_SECONDS) -> None:
        self._timeout = timeout
        self._unreachable: set[str] = set()

    def fetch(self, url: str, sha256: str, size: int, out: Path) -> None:
        """Writes the file at `out`: exactly `size` bytes with this SHA-256, or nothing.

        Raises FetchError where the URL cannot be read or holds something else.
        """
        host = urllib.parse.urlsplit(url).netloc
        if host in self._unreachable:
            raise FetchError(f"{host} could not be reached before")
        try:
            # Any scheme will do (a mirror may be a folder): the digest decides what is accepted.
            with urllib.request.urlopen(url, timeout=self._timeout) as answer:  # noqa: S310
                receive(answer, sha256, size, out, url)
        except urllib.error.HTTPError as error:
            raise FetchError(f"{url}: HTTP status {error.code}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.URLError) and host:
                self._unreachable.add(host)
            raise FetchError(f"{url}: {getattr(error, 'reason', error) or type(error).__name__}") from error


def receive(stream: IO[bytes], sha256: str, size: int, out: Path, source: str) -> None:
    """Copies a stream into `out`, and stops at the first byte too many. Raises FetchError; `out` is then gone."""
    partial = out.with_name(f".{out.name}.partial")
    hasher = hashlib.sha256()
    received = 0
    try:
        with partial.open("wb") as file:
            while chunk := stream.read(min(CHUNK, size + 1 - received)):
                received += len(chunk)
                if received > size:
                    raise FetchError(f"{source}: longer than the {size} bytes that it should be")
                hasher.update(chunk)
                file.write(chunk)
        if received < size:
            raise FetchError(f"{source}: ended after {received} of {size} bytes")
        if hasher.hexdigest() != sha256:
            raise FetchError(f"{source}: its SHA-256 is {hasher.hexdigest()}, not {sha256}")
        shutil.move(partial, out)
    finally:
        partial.unlink(missing_ok=True)
