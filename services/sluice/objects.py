"""Our object store: originals, renditions, signed pictures, dead letters. Everything else carries references.

A reference names an object and binds it to its bytes: whoever reads one back gets exactly those bytes or an error.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from obstore import store as stores
from obstore.exceptions import AlreadyExistsError, BaseError

from sluice.errors import ConfigError, RetryableError, SluiceError
from sluice.v1.request_pb2 import ObjectReference

FRESH = timedelta(hours=1)
"""`keep` writes an object again once it is older than this, so that a bucket's expiry never takes one in use."""

_REMOTE_SCHEMES = ("s3://", "gs://", "az://")
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})*")
_LONGEST_KEY = 512
_HASH_IN_THREAD = 1 << 20
"""Bytes above which SHA-256 (about 2 GB/s) would hold the event loop for more than half a millisecond."""


class NotFoundError(SluiceError):
    """The store has no such object."""


class DigestMismatchError(SluiceError):
    """The object is not the bytes that its reference names."""


class ForbiddenUriError(SluiceError):
    """The reference does not point into this store."""


class TooLargeError(SluiceError):
    """The object is larger than the caller wants to read."""


def original_key(sha256: bytes) -> str:
    """Where the original with this digest lies."""
    return f"originals/{sha256.hex()[:2]}/{sha256.hex()}"


def rendition_key(original: bytes, name: str, sha256: bytes) -> str:
    """Where a rendition lies: `original` and `sha256` are the digests of the original and of the rendition itself.

    The rendition's own digest is part of the key because two releases of a JPEG encoder may differ, and neither may
    overwrite what the other one's references point to.
    """
    return f"renditions/{original.hex()}/{name}-{sha256.hex()[:16]}.jpg"


def held_key(sha256: bytes) -> str:
    """Where a copy of an original lies that must outlive the expiry of `originals/`: no rule may cover `held/`."""
    return f"held/{sha256.hex()[:2]}/{sha256.hex()}"


def signed_key(request_id: str, sha256: bytes, extension: str) -> str:
    """Where a request's signed picture lies. `sha256`: of the signed bytes; `extension` without the dot.

    Signing twice gives other bytes: with the digest in the key, no reference ever points to a picture that was
    replaced.
    """
    return f"signed/{request_id}/{sha256.hex()[:16]}.{extension}"


def dead_letter_key(sha256: bytes) -> str:
    """Where the value of a record that nobody could handle lies."""
    return f"dead-letters/{sha256.hex()[:2]}/{sha256.hex()}"


class ObjectStore:
    """A folder, or a prefix of a bucket. Safe to use from many processes at once: a write is all or nothing.

    The library's own coroutines are not used: its threads drop Python objects after the last of them, which aborts
    a process that ends just then (seen in half of the tries with obstore 0.12.1). Its blocking calls, in threads of
    ours, do not, and they release the interpreter lock.
    """

    def __init__(self, url: str, store: stores.ObjectStore) -> None:
        self.url = url
        """The base of every uri, without a trailing slash."""
        self._store = store

    @classmethod
    def open(cls, url: str, variable: str = "SLUICE_OBJECT_STORE") -> Self:
        """Opens `file:///folder` (made if missing), `s3://`, `gs://` or `az://`; credentials from the environment.

        Raises ConfigError, which names `variable`, for an address that cannot work. A remote store is not contacted
        yet.
        """
        if url.startswith("file:///"):
            return cls._open_folder(Path(unquote(url.removeprefix("file://"))), variable)
        if not url.startswith(_REMOTE_SCHEMES):
            raise ConfigError([f"{variable}={url!r} should start with file:///, s3://, gs:// or az://"])
        base = url.rstrip("/")
        try:
            store = stores.from_url(
                base,
                client_options={"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=30)},
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=10)},
            )
        except (BaseError, ValueError) as error:
            raise ConfigError([f"{variable}={url!r} cannot be opened: {type(error).__name__}"]) from error
        return cls(base, store)

    @classmethod
    def _open_folder(cls, folder: Path, variable: str) -> Self:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = folder.resolve(strict=True)
        except OSError as error:
            raise ConfigError([f"{variable}: cannot make the folder {folder}: {error.strerror}"]) from error
        return cls(folder.as_uri(), stores.LocalStore(folder))

    def uri(self, key: str) -> str:
        """The address of a key. Raises ForbiddenUriError for a key that is not one of ours in form."""
        return f"{self.url}/{_checked(key)}"

    def holds(self, uri: str) -> bool:
        """Whether an address says that it is of this store. Its key may still be none of ours."""
        return uri.startswith(f"{self.url}/")

    def key(self, uri: str) -> str:
        """The key behind an address. Raises ForbiddenUriError for an address outside this store."""
        prefix = f"{self.url}/"
        if not uri.startswith(prefix):
            raise ForbiddenUriError("the reference points outside our object store")
        return _checked(uri.removeprefix(prefix))

    async def put(self, key: str, data: bytes, media_type: str, sha256: bytes = b"") -> ObjectReference:
        """Writes an object, replacing any under that key. `sha256`: of the data, where the caller knows it.

        Raises RetryableError.
        """
        return await asyncio.to_thread(self.put_now, key, data, media_type, sha256)

    def put_now(self, key: str, data: bytes, media_type: str, sha256: bytes = b"") -> ObjectReference:
        """`put` that blocks, for a thread that has more to do with the data."""
        reference = self._described(key, data, media_type, sha256 or hashlib.sha256(data).digest())
        self._write_now(key, data, media_type)
        return reference

    async def keep(self, key: str, data: bytes, media_type: str) -> ObjectReference:
        """Like `put` for keys that are named after their content: writes nothing where the object is there and young.

        Raises RetryableError.
        """
        reference = self._described(key, data, media_type, await _sha256(data))
        if not await self._fresh(key, len(data)):
            await asyncio.to_thread(self._write_now, key, data, media_type)
        return reference

    async def get(self, reference: ObjectReference, limit: int) -> bytes:
        """The bytes that a reference names.

        Raises ForbiddenUriError, TooLargeError (more than `limit` bytes), NotFoundError, DigestMismatchError (size or
        SHA-256 differ) or RetryableError.
        """
        return await asyncio.to_thread(self.get_now, reference, limit)

    def get_now(self, reference: ObjectReference, limit: int) -> bytes:
        """`get` that blocks, for a thread that has more to do with the data."""
        key = self.key(reference.uri)
        if reference.size_bytes > limit:
            raise TooLargeError(f"{reference.size_bytes} bytes, at most {limit} are read")
        with _translated(key):
            found = self._store.get(key)
            if found.meta["size"] != reference.size_bytes:
                # Not how many: whoever asks may be the one who guessed.
                raise DigestMismatchError(f"{key} is not the {reference.size_bytes} bytes of its reference")
            data = bytes(found.bytes())
        if hashlib.sha256(data).digest() != reference.sha256:
            raise DigestMismatchError(f"{key} is not the bytes of its reference")
        return data

    async def read(self, key: str, limit: int) -> bytes:
        """The bytes under a key, whatever they are: for who takes nothing on trust from them.

        Raises ForbiddenUriError, TooLargeError (more than `limit` bytes), NotFoundError or RetryableError.
        """
        return await asyncio.to_thread(self.read_now, key, limit)

    def read_now(self, key: str, limit: int) -> bytes:
        """`read` that blocks."""
        with _translated(_checked(key)):
            found = self._store.get(key)
            if found.meta["size"] > limit:
                raise TooLargeError(f"{found.meta['size']} bytes, at most {limit} are read")
            return bytes(found.bytes())

    def create_now(self, key: str, data: bytes) -> bool:
        """Writes an object where there is none under that key; False where there is one. Blocks.

        Of several that try at once, one succeeds. In a folder the object is on the disk when this returns. Raises
        ForbiddenUriError, or RetryableError: then it may have been written all the same.
        """
        made = True
        with _translated(_checked(key)):
            try:
                self._store.put(key, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                made = False
            if isinstance(self._store, stores.LocalStore):
                folder = Path(unquote(self.url.removeprefix("file://")))
                _sync(folder / key, folder)
        return made

    def delete_now(self, key: str) -> None:
        """Removes an object; there need not be one. Blocks. Raises ForbiddenUriError or RetryableError."""
        try:
            with _translated(_checked(key)):
                self._store.delete(key)
        except NotFoundError:
            return

    def keys_now(self, folder: str, after: str = "") -> list[str]:
        """Every key below a folder (`originals/ab`), in order; those behind `after`, where it is given. Blocks.

        Raises ForbiddenUriError or RetryableError.
        """
        try:
            with _translated(_checked(folder)):
                found = [one["path"] for some in self._store.list(folder, offset=after or None) for one in some]
        except NotFoundError:
            return []
        return sorted(found)

    async def exists(self, key: str, size: int | None = None) -> bool:
        """Whether there is an object under this key; of so many bytes, where `size` is given. Raises
        RetryableError."""
        found = await asyncio.to_thread(self._head_now, key)
        return found is not None and size in {None, found[0]}

    def exists_now(self, key: str) -> bool:
        """`exists` that blocks."""
        return self._head_now(key) is not None

    def _described(self, key: str, data: bytes, media_type: str, sha256: bytes) -> ObjectReference:
        return ObjectReference(uri=self.uri(key), sha256=sha256, size_bytes=len(data), media_type=media_type)

    def _write_now(self, key: str, data: bytes, media_type: str) -> None:
        # A folder has no place for attributes and refuses them.
        attributes = None if isinstance(self._store, stores.LocalStore) else {"Content-Type": media_type}
        with _translated(key):
            self._store.put(key, data, attributes=attributes)

    async def _fresh(self, key: str, size: int) -> bool:
        found = await asyncio.to_thread(self._head_now, key)
        return found is not None and found[0] == size and datetime.now(UTC) - found[1] < FRESH

    def _head_now(self, key: str) -> tuple[int, datetime] | None:
        """Size and time of the last write."""
        try:
            with _translated(_checked(key)):
                meta = self._store.head(key)
        except NotFoundError:
            return None
        return meta["size"], meta["last_modified"]


def _checked(key: str) -> str:
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        raise ForbiddenUriError("not a key of our object store")
    return key


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turns the library's errors into ours. Its messages hold paths and whole responses, so they stay behind."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"{key} is not in the object store") from error
    except (BaseError, OSError) as error:
        raise RetryableError(f"object store: {type(error).__name__}") from error


def _sync(path: Path, root: Path) -> None:
    """Puts a file, and the folders that lead to it, on the disk. A file that is gone again is no error."""
    for each in (path, *path.parents):
        try:
            file = os.open(each, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            os.fsync(file)
        finally:
            os.close(file)
        if each == root:
            return


async def _sha256(data: bytes) -> bytes:
    if len(data) < _HASH_IN_THREAD:
        return hashlib.sha256(data).digest()
    return await asyncio.to_thread(lambda: hashlib.sha256(data).digest())
