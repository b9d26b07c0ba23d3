"""The object store: what goes in comes out, or an error that says why not."""

import asyncio
import hashlib
import os
import sys
from pathlib import Path

import pytest

from sluice.errors import ConfigError, RetryableError
from sluice.objects import (
    FRESH,
    DigestMismatchError,
    ForbiddenUriError,
    NotFoundError,
    ObjectStore,
    TooLargeError,
    dead_letter_key,
    original_key,
    rendition_key,
    signed_key,
)
from sluice.v1.request_pb2 import ObjectReference

DATA = b"harmless bytes"
SHA256 = hashlib.sha256(DATA).digest()
KEY = original_key(SHA256)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open((tmp_path / "objects").as_uri())


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_a_reference_brings_its_bytes_back(store: ObjectStore, tmp_path: Path) -> None:
    reference = await store.put(KEY, DATA, "text/plain")
    assert reference == ObjectReference(
        uri=f"{store.url}/{KEY}", sha256=SHA256, size_bytes=len(DATA), media_type="text/plain"
    )
    assert await store.get(reference, len(DATA)) == DATA
    assert files(tmp_path / "objects") == {KEY}


def test_keys_say_what_lies_there() -> None:
    hexed = SHA256.hex()
    assert original_key(SHA256) == f"originals/{hexed[:2]}/{hexed}"
    assert dead_letter_key(SHA256) == f"dead-letters/{hexed[:2]}/{hexed}"
    assert rendition_key(SHA256, "512", bytes(32)) == f"renditions/{hexed}/512-{'0' * 16}.jpg"
    assert signed_key("3b4a", bytes.fromhex("ab" * 32), "png") == "signed/3b4a/abababababababab.png"


async def test_put_replaces_and_keep_does_not(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "objects" / KEY
    await store.put(KEY, DATA, "")
    await store.put(KEY, DATA[::-1], "")
    assert path.read_bytes() == DATA[::-1]
    await store.keep(KEY, DATA, "")
    assert path.read_bytes() == DATA[::-1]


async def test_keep_renews_what_is_old_or_of_another_size(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "objects" / KEY
    await store.keep(KEY, DATA, "")
    old = path.stat().st_mtime - 2 * FRESH.total_seconds()
    os.utime(path, (old, old))
    await store.keep(KEY, DATA, "")
    assert path.stat().st_mtime > old
    path.write_bytes(b"cut")
    reference = await store.keep(KEY, DATA, "")
    assert await store.get(reference, 1000) == DATA


@pytest.mark.parametrize("changed", [DATA[:-1], DATA + b"!", DATA[::-1], b""])
async def test_other_bytes_are_not_given_out(store: ObjectStore, tmp_path: Path, changed: bytes) -> None:
    reference = await store.put(KEY, DATA, "")
    (tmp_path / "objects" / KEY).write_bytes(changed)
    with pytest.raises(DigestMismatchError):
        await store.get(reference, 1000)


async def test_a_wrong_size_is_not_answered_with_the_true_one(store: ObjectStore) -> None:
    reference = await store.put(KEY, DATA, "")
    reference.size_bytes = 999
    told = set()
    for data in (DATA, DATA[:-1], b""):
        await store.put(KEY, data, "")
        with pytest.raises(DigestMismatchError) as caught:
            await store.get(reference, 1000)
        told.add(str(caught.value))
    assert len(told) == 1


async def test_a_reference_without_a_digest_names_nothing(store: ObjectStore) -> None:
    reference = await store.put(KEY, DATA, "")
    reference.sha256 = b""
    with pytest.raises(DigestMismatchError):
        await store.get(reference, 1000)


async def test_what_is_too_large_is_not_fetched(store: ObjectStore) -> None:
    # Nothing is stored: only a store that looks at the size first can say that this is too large.
    reference = ObjectReference(uri=store.uri(KEY), sha256=SHA256, size_bytes=1001)
    with pytest.raises(TooLargeError):
        await store.get(reference, 1000)


async def test_what_is_missing_is_said_to_be(store: ObjectStore) -> None:
    assert not await store.exists(KEY)
    with pytest.raises(NotFoundError):
        await store.get(ObjectReference(uri=store.uri(KEY), sha256=SHA256, size_bytes=1), 1000)
    await store.put(KEY, DATA, "")
    assert await store.exists(KEY)
    assert await store.exists(KEY, len(DATA))
    assert not await store.exists(KEY, len(DATA) + 1)
    assert not await store.exists(KEY, 0)


@pytest.mark.parametrize(
    "tail",
    [
        "/../secret",
        "/originals/../../secret",
        "/originals/./x",
        "/originals//x",
        "/%2e%2e/secret",
        "/.hidden",
        "/a b",
        "/a\n",
        "/",
        "",
        "x/originals/y",
        "/" + "a" * 600,
        "/originals/" + "a" * 250,
    ],
)
async def test_an_address_outside_the_store_is_refused(store: ObjectStore, tail: str) -> None:
    with pytest.raises(ForbiddenUriError):
        await store.get(ObjectReference(uri=store.url + tail, sha256=SHA256, size_bytes=1), 1000)


@pytest.mark.parametrize("uri", ["", "originals/x", "file:///etc/passwd", "https://example.org/x.png", "s3://b/k"])
async def test_another_place_is_refused(store: ObjectStore, uri: str) -> None:
    with pytest.raises(ForbiddenUriError):
        await store.get(ObjectReference(uri=uri, sha256=SHA256, size_bytes=1), 1000)


async def test_a_key_that_leads_out_is_refused(store: ObjectStore) -> None:
    for key in ("../x", "a/../../x", "/etc/x", ""):
        with pytest.raises(ForbiddenUriError):
            await store.put(key, DATA, "")
        with pytest.raises(ForbiddenUriError):
            await store.exists(key)


async def test_a_folder_with_blanks_and_signs_works(tmp_path: Path) -> None:
    store = ObjectStore.open((tmp_path / "my objects #1%20").as_uri() + "/")
    reference = await store.put(KEY, DATA, "")
    assert (tmp_path / "my objects #1%20" / KEY).read_bytes() == DATA
    assert await ObjectStore.open(store.url).get(reference, 1000) == DATA


async def test_a_failed_write_leaves_nothing(store: ObjectStore, tmp_path: Path) -> None:
    # A folder stands where the object should be, so the last step of the write fails.
    (tmp_path / "objects" / KEY).mkdir(parents=True)
    with pytest.raises(RetryableError) as caught:
        await store.put(KEY, DATA, "")
    assert str(tmp_path) not in str(caught.value)
    assert files(tmp_path / "objects") == set()


async def test_many_writers_of_one_object(store: ObjectStore, tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from sluice.objects import ObjectStore\n"
        "async def main():\n"
        "    store = ObjectStore.open(sys.argv[1])\n"
        "    for _ in range(50):\n"
        "        await store.put(sys.argv[2], bytes(100_000), '')\n"
        "asyncio.run(main())\n"
    )
    running = [await asyncio.create_subprocess_exec(sys.executable, "-c", script, store.url, KEY) for _ in range(2)]
    for _ in range(50):
        await store.put(KEY, bytes(100_000), "")
        assert (tmp_path / "objects" / KEY).stat().st_size == 100_000
    assert [await process.wait() for process in running] == [0, 0]
    assert files(tmp_path / "objects") == {KEY}


async def test_a_store_that_cannot_be_reached_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_REGION", "nowhere-1")
    store = ObjectStore.open("s3://bucket/prefix/")
    assert store.uri(KEY) == f"s3://bucket/prefix/{KEY}"
    with pytest.raises(RetryableError):
        await store.put(KEY, DATA, "image/png")


@pytest.mark.parametrize("url", ["", "objects", "file://objects", "https://example.org/x", "ftp://x/y"])
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="SLUICE_OBJECT_STORE"):
        ObjectStore.open(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="SLUICE_OBJECT_STORE"):
        ObjectStore.open((tmp_path / "file" / "objects").as_uri())
