"""From what a request holds to what checks work with: read, digested, stored."""

import asyncio
import hashlib
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.decoder.pool import DecoderPool
from ingest.fetch.address import Host
from ingest.fetch.fetcher import Fetcher
from ingest.fetch.settings import FetchSettings
from ingest.prepare import Preparer
from sluice.contract.digests import body_sha256
from sluice.errors import RetryableError
from sluice.hashing import digests, pdq_dihedral
from sluice.objects import ObjectStore, original_key
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_ANIMATED,
    UNPROCESSABLE_DIGEST_MISMATCH,
    UNPROCESSABLE_EMPTY,
    UNPROCESSABLE_FORBIDDEN_URI,
    UNPROCESSABLE_INVALID_TEXT,
    UNPROCESSABLE_NOT_FOUND,
    UNPROCESSABLE_TOO_LARGE,
    UNPROCESSABLE_TOO_LARGE_INLINE,
    UNPROCESSABLE_TRUNCATED,
    UNPROCESSABLE_TYPE_MISMATCH,
    UNPROCESSABLE_UNKNOWN_TYPE,
    PreparedContent,
    Unprocessable,
)
from sluice.v1.request_pb2 import (
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    Content,
    ObjectReference,
    Request,
    Role,
)
from tests.unit.decoders import SETTINGS
from tests.unit.hostile_pictures import animation, blobs, encoded, opened
from tests.unit.picture_host import plain, raw, serving

JPEG = encoded(blobs(), "JPEG")


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open((tmp_path / "objects").as_uri())


@pytest.fixture
async def preparer(store: ObjectStore) -> AsyncIterator[Preparer]:
    pool = await DecoderPool.open(SETTINGS)
    yield Preparer(store, pool, SETTINGS)
    await pool.close()


def refusal(content: PreparedContent) -> Unprocessable.ValueType:
    """The reason; a content with one has no body."""
    assert content.WhichOneof("body") is None
    assert content.detail
    return content.unprocessable


def files(store: ObjectStore, tmp_path: Path) -> dict[str, int]:
    """Every object, and when it was written."""
    folder = tmp_path / "objects"
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


async def test_a_text_travels_inside(preparer: Preparer) -> None:
    (prepared,) = await preparer.prepare_content(Content(role=ROLE_PROMPT, text="Cafe\u0301 B0mb"), 3)
    assert (prepared.id, prepared.role, prepared.text.text) == ("c3", ROLE_PROMPT, "Café B0mb")
    # The digest is of what was sent, before any normal form.
    assert prepared.sha256 == hashlib.sha256("Cafe\u0301 B0mb".encode()).digest()


async def test_a_picture_is_stored_and_described(preparer: Preparer, store: ObjectStore) -> None:
    image = blobs(1000, 700)
    data = encoded(image, "PNG")
    assert len(data) > SETTINGS.inline_limit
    (prepared,) = await preparer.prepare_image(data, ROLE_GENERATED, "c1")
    found, expected = prepared.image, digests(data)
    assert (prepared.id, prepared.role, prepared.sha256) == ("c1", ROLE_GENERATED, expected.sha256)
    assert (found.digests.md5, found.digests.sha1, found.digests.sha256) == (
        expected.md5,
        expected.sha1,
        expected.sha256,
    )
    assert (tuple(found.digests.pdq), found.digests.pdq_quality) == pdq_dihedral(np.asarray(image))
    assert (found.width, found.height, found.original.media_type) == (1000, 700, "image/png")
    assert await store.get(found.original, len(data)) == data
    assert (found.rendition.width, found.rendition.height) == (512, 358)
    assert [(tile.left, tile.top) for tile in found.tiles] == [(0, 0), (360, 0), (0, 60), (360, 60)]
    for rendition in (found.rendition, *found.tiles):
        jpeg = opened(await store.get(rendition.object, 1 << 20))
        assert (jpeg.format, jpeg.size) == ("JPEG", (rendition.width, rendition.height))


async def test_the_same_picture_twice_is_written_once(preparer: Preparer, store: ObjectStore, tmp_path: Path) -> None:
    first = await preparer.prepare_image(JPEG, ROLE_UPLOAD)
    written = files(store, tmp_path)
    assert len(written) == 2
    assert await preparer.prepare_image(JPEG, ROLE_UPLOAD) == first
    assert files(store, tmp_path) == written


async def test_every_view_of_a_picture_is_a_content_of_its_own(preparer: Preparer, store: ObjectStore) -> None:
    data = animation("GIF")
    request = Request(contents=[Content(role=ROLE_UPLOAD, image=data), Content(role=ROLE_PROMPT, text="a")])
    one, two, text = await preparer.prepare_request(request)
    assert [(c.id, c.role, c.view, c.view_of) for c in (one, two, text)] == [
        ("c0", ROLE_UPLOAD, "frame 1 as shown", ""),
        ("c0.1", ROLE_UPLOAD, "frame 2 as shown", "c0"),
        ("c1", ROLE_PROMPT, "", ""),
    ]
    assert one.sha256 == two.sha256 == hashlib.sha256(data).digest()
    assert one.image.original == two.image.original
    assert one.image.digests.pdq != two.image.digests.pdq
    renditions = [await store.get(c.image.rendition.object, 1 << 20) for c in (one, two)]
    assert renditions[0] != renditions[1]


async def test_a_picture_by_reference_is_the_same_picture(preparer: Preparer, store: ObjectStore) -> None:
    (inline,) = await preparer.prepare_content(Content(role=ROLE_UPLOAD, image=JPEG), 0)
    (again,) = await preparer.prepare_content(Content(role=ROLE_UPLOAD, reference=inline.image.original), 0)
    assert again == inline


async def test_a_text_by_reference(preparer: Preparer, store: ObjectStore) -> None:
    data = b"a lighthouse"
    reference = await store.put(original_key(hashlib.sha256(data).digest()), data, "text/plain; charset=utf-8")
    (prepared,) = await preparer.prepare_content(Content(role=ROLE_PROMPT, reference=reference), 0)
    assert prepared.text.text == "a lighthouse"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (Content(role=ROLE_PROMPT, text=" "), UNPROCESSABLE_EMPTY),
        (Content(role=ROLE_PROMPT, text="a\0"), UNPROCESSABLE_INVALID_TEXT),
        (Content(role=ROLE_PROMPT, text="a" * 1001), UNPROCESSABLE_TOO_LARGE),
        (Content(role=ROLE_UPLOAD, image=b""), UNPROCESSABLE_EMPTY),
        (Content(role=ROLE_UPLOAD, image=b"noise"), UNPROCESSABLE_UNKNOWN_TYPE),
        (Content(role=ROLE_UPLOAD, image=JPEG[:-9]), UNPROCESSABLE_TRUNCATED),
        (Content(role=ROLE_UPLOAD, image=animation("AVIF")), UNPROCESSABLE_ANIMATED),
        (Content(role=ROLE_UPLOAD, image=bytes(100_001)), UNPROCESSABLE_TOO_LARGE_INLINE),
        (Content(role=ROLE_UPLOAD), UNPROCESSABLE_EMPTY),
    ],
)
async def test_an_unreadable_content_says_why_and_is_not_stored(
    preparer: Preparer, store: ObjectStore, tmp_path: Path, content: Content, reason: Unprocessable.ValueType
) -> None:
    (prepared,) = await preparer.prepare_content(content, 0)
    assert refusal(prepared) == reason
    assert (prepared.id, prepared.role, prepared.sha256) == ("c0", content.role, body_sha256(content))
    assert files(store, tmp_path) == {}


async def test_half_a_surrogate_pair_is_no_text(preparer: Preparer) -> None:
    assert refusal(await preparer.prepare_text("\ud800", ROLE_PROMPT)) == UNPROCESSABLE_INVALID_TEXT


async def test_a_reference_has_to_name_bytes_of_ours(preparer: Preparer, store: ObjectStore) -> None:
    good = await store.put("originals/x", JPEG, "image/jpeg")

    async def changed(role: Role.ValueType = ROLE_UPLOAD, **fields: object) -> Unprocessable.ValueType:
        reference = ObjectReference()
        reference.CopyFrom(good)
        for name, value in fields.items():
            setattr(reference, name, value)
        (prepared,) = await preparer.prepare_content(Content(role=role, reference=reference), 0)
        assert prepared.sha256 == reference.sha256
        return refusal(prepared)

    assert await changed(uri="https://example.org/x.jpg") == UNPROCESSABLE_FORBIDDEN_URI
    assert await changed(uri="file:///etc/passwd") == UNPROCESSABLE_FORBIDDEN_URI
    assert await changed(uri=f"{store.url}/../x") == UNPROCESSABLE_FORBIDDEN_URI
    assert await changed(uri=store.uri("originals/y")) == UNPROCESSABLE_NOT_FOUND
    assert await changed(sha256=bytes(32)) == UNPROCESSABLE_NOT_FOUND
    assert await changed(sha256=b"") == UNPROCESSABLE_NOT_FOUND
    assert await changed(size_bytes=len(JPEG) + 1) == UNPROCESSABLE_NOT_FOUND
    assert await changed(size_bytes=(4 << 20) + 1, uri=store.uri("originals/y")) == UNPROCESSABLE_TOO_LARGE
    assert await changed(media_type="image/png") == UNPROCESSABLE_TYPE_MISMATCH
    assert await changed(media_type="text/plain") == UNPROCESSABLE_TYPE_MISMATCH
    assert await changed(role=ROLE_PROMPT) == UNPROCESSABLE_TYPE_MISMATCH
    # What says it is a text has the bound of a text.
    assert await changed(role=ROLE_PROMPT, media_type="text/plain") == UNPROCESSABLE_TOO_LARGE


@pytest.mark.parametrize("size", [-1, 1])
async def test_a_wrong_reference_does_not_tell_what_lies_there(
    preparer: Preparer, store: ObjectStore, size: int
) -> None:
    """Whoever knows a digest alone cannot learn whether we have the bytes, nor how many they are."""
    key = original_key(hashlib.sha256(JPEG).digest())
    wrong = ObjectReference(
        uri=store.uri(key), sha256=hashlib.sha256(JPEG).digest(), size_bytes=len(JPEG) + size, media_type="image/jpeg"
    )
    content = Content(role=ROLE_UPLOAD, reference=wrong)
    (nothing,) = await preparer.prepare_content(content, 0)
    good = await store.put(key, JPEG, "image/jpeg")
    (other_size,) = await preparer.prepare_content(content, 0)
    assert other_size == nothing
    content.reference.CopyFrom(good)
    await store.put(key, JPEG[::-1], "image/jpeg")
    (other_digest,) = await preparer.prepare_content(content, 0)
    assert (refusal(other_digest), other_digest.detail) == (refusal(nothing), nothing.detail)
    assert str(len(JPEG)) not in nothing.detail


async def test_a_stranger_s_picture_is_fetched_read_and_stored_as_ours(store: ObjectStore, tmp_path: Path) -> None:
    pool = await DecoderPool.open(SETTINGS)
    async with serving() as server:
        server.answers["/a.jpg"] = plain(JPEG)
        server.answers["/gone.jpg"] = plain(b"", "404 Not Found")
        server.answers["/slow.jpg"] = plain(b"", "503 Busy")
        server.answers["/other.jpg"] = plain(JPEG[:-1] + b"!")
        fetch = FetchSettings(
            hosts=(Host("img.example.org", port=server.port),),
            networks=(ipaddress.ip_network("127.0.0.1/32"),),
            plain_http=True,
        )

        async def here(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        preparer = Preparer(store, pool, replace(SETTINGS, fetch=fetch), Fetcher(fetch, here))

        async def prepared(
            path: str, data: bytes = JPEG, host: str = "img.example.org", more: int = 0
        ) -> PreparedContent:
            reference = ObjectReference(
                uri=f"http://{host}:{server.port}{path}",
                sha256=hashlib.sha256(data).digest(),
                size_bytes=len(data) + more,
                media_type="image/jpeg",
            )
            (found,) = await preparer.prepare_content(Content(role=ROLE_UPLOAD, reference=reference), 0)
            return found

        assert refusal(await prepared("/a.jpg", host="evil.example.org")) == UNPROCESSABLE_FORBIDDEN_URI
        assert refusal(await prepared("/gone.jpg")) == UNPROCESSABLE_NOT_FOUND
        assert refusal(await prepared("/other.jpg")) == UNPROCESSABLE_DIGEST_MISMATCH
        with pytest.raises(RetryableError):
            await prepared("/slow.jpg")
        assert files(store, tmp_path) == {}
        first = await prepared("/a.jpg")
        assert store.key(first.image.original.uri) == original_key(hashlib.sha256(JPEG).digest())
        (inline,) = await preparer.prepare_content(Content(role=ROLE_UPLOAD, image=JPEG), 0)
        assert inline == first
        # What is in our store already need not be fetched again.
        asked = len(server.asked)
        assert await prepared("/a.jpg") == first
        assert len(server.asked) == asked
        # Nor does it answer for its host where the size is a guess.
        assert refusal(await prepared("/gone.jpg", more=1)) == UNPROCESSABLE_NOT_FOUND
        assert refusal(await prepared("/a.jpg", more=1)) == UNPROCESSABLE_DIGEST_MISMATCH
        assert len(server.asked) == asked + 2
        await looked_at_where_it_lies(preparer, f":{server.port}", first)
    await pool.close()


async def looked_at_where_it_lies(preparer: Preparer, port: str, known: PreparedContent) -> None:
    """A picture whose digest nobody knows: what is there now, or why it cannot be had."""
    reference, (found,) = await preparer.prepare_address(f"http://img.example.org{port}/a.jpg", ROLE_UPLOAD)
    assert (reference, found) == (known.image.original, known)
    for host, path, role, reason in (
        ("evil.example.org", "/a.jpg", ROLE_UPLOAD, UNPROCESSABLE_FORBIDDEN_URI),
        ("img.example.org", "/gone.jpg", ROLE_UPLOAD, UNPROCESSABLE_NOT_FOUND),
        ("img.example.org", "/a.jpg", ROLE_PROMPT, UNPROCESSABLE_TYPE_MISMATCH),
    ):
        reference, (found,) = await preparer.prepare_address(f"http://{host}{port}{path}", role)
        assert (reference, refusal(found), found.sha256) == (None, reason, b"")
    with pytest.raises(RetryableError):
        await preparer.prepare_address(f"http://img.example.org{port}/slow.jpg", ROLE_UPLOAD)


async def test_a_slow_host_keeps_no_other_picture_waiting(store: ObjectStore) -> None:
    pool = await DecoderPool.open(SETTINGS)
    async with serving() as server:
        server.answers["/slow.jpg"] = raw(b"", pause=60)
        fetch = FetchSettings(
            hosts=(Host("img.example.org", port=server.port),),
            networks=(ipaddress.ip_network("127.0.0.1/32"),),
            plain_http=True,
            seconds=60,
            read_seconds=60,
            at_once=4,
        )

        async def here(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        preparer = Preparer(store, pool, replace(SETTINGS, fetch=fetch), Fetcher(fetch, here))
        reference = ObjectReference(
            uri=f"http://img.example.org:{server.port}/slow.jpg", sha256=b"s" * 32, size_bytes=5
        )
        content = Content(role=ROLE_UPLOAD, reference=reference)
        waiting = [asyncio.create_task(preparer.prepare_content(content, index)) for index in range(12)]
        while len(server.asked) < 4:
            await asyncio.sleep(0.01)
        (read,) = await preparer.prepare_content(Content(role=ROLE_UPLOAD, image=JPEG), 0)
        assert read.HasField("image")
        assert len(server.asked) == 4
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    await pool.close()


async def test_a_request_keeps_its_order(preparer: Preparer) -> None:
    small = encoded(Image.new("RGB", (20, 20)), "PNG")
    bodies = [
        Content(role=ROLE_UPLOAD, image=JPEG),
        Content(role=ROLE_PROMPT, text="a"),
        Content(role=ROLE_UPLOAD, image=b"noise"),
        *(Content(role=ROLE_UPLOAD, image=small) for _ in range(5)),
    ]
    prepared = await preparer.prepare_request(Request(contents=bodies))
    assert [content.id for content in prepared] == [f"c{index}" for index in range(8)]
    assert [content.sha256 for content in prepared] == [body_sha256(body) for body in bodies]
    assert [content.WhichOneof("body") for content in prepared] == ["image", "text", None, *["image"] * 5]


async def test_a_store_that_fails_is_an_error_and_no_answer(
    preparer: Preparer, store: ObjectStore, tmp_path: Path
) -> None:
    # A file stands where the folder of originals should be.
    (tmp_path / "objects" / "originals").touch()
    request = Request(contents=[Content(role=ROLE_UPLOAD, image=JPEG), Content(role=ROLE_PROMPT, text="a")])
    with pytest.raises(RetryableError):
        await preparer.prepare_request(request)
    # Nothing of the request goes on behind its back.
    assert len(asyncio.all_tasks()) == 1


async def test_an_upload_gets_a_reference_for_a_request(preparer: Preparer, store: ObjectStore) -> None:
    for data, role, media_type in (
        (JPEG, ROLE_UPLOAD, ""),
        (JPEG, ROLE_GENERATED, "image/jpeg"),
        (b"a lighthouse", ROLE_PROMPT, "text/plain"),
    ):
        reference, (prepared,) = await preparer.prepare_upload(data, role, media_type)
        assert reference is not None
        assert await store.get(reference, 1 << 20) == data
        assert await preparer.prepare_content(Content(role=role, reference=reference), 0) == [prepared]


@pytest.mark.parametrize(
    ("data", "role", "media_type", "reason"),
    [
        (JPEG, ROLE_PROMPT, "", UNPROCESSABLE_TYPE_MISMATCH),
        (b"", ROLE_UPLOAD, "", UNPROCESSABLE_EMPTY),
        (b"a lighthouse", ROLE_UPLOAD, "text/plain", UNPROCESSABLE_TYPE_MISMATCH),
        (b"\xff", ROLE_PROMPT, "text/plain", UNPROCESSABLE_INVALID_TEXT),
        (bytes((4 << 20) + 1), ROLE_UPLOAD, "", UNPROCESSABLE_TOO_LARGE),
    ],
)
async def test_an_unreadable_upload_gets_none(
    preparer: Preparer, data: bytes, role: Role.ValueType, media_type: str, reason: Unprocessable.ValueType
) -> None:
    reference, (prepared,) = await preparer.prepare_upload(data, role, media_type)
    assert reference is None
    assert refusal(prepared) == reason


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        (JPEG[: len(JPEG) // 2], "", UNPROCESSABLE_TRUNCATED),
        (JPEG, "image/png", UNPROCESSABLE_TYPE_MISMATCH),
        (b"not a picture at all", "", UNPROCESSABLE_UNKNOWN_TYPE),
    ],
)
async def test_an_unreadable_picture_is_kept_and_refused_again_for_the_same_reason(
    preparer: Preparer, data: bytes, media_type: str, reason: Unprocessable.ValueType
) -> None:
    reference, (prepared,) = await preparer.prepare_upload(data, ROLE_UPLOAD, media_type)
    assert refusal(prepared) == reason
    assert reference is not None
    (again,) = await preparer.prepare_content(Content(role=ROLE_UPLOAD, reference=reference), 0)
    assert refusal(again) == reason
