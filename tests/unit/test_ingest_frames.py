"""Answers travel unchanged, and nonsense from a decoder is never taken for an answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoder.answer import Reading, Refusal, Trouble, View
from ingest.decoder.frames import FrameError, pack, pack_answer, unpack, unpack_answer
from sluice.check import Picture

JPEG = b"\xff\xd8\xff\xe0 a picture"
PDQ = tuple(bytes([number]) * 32 for number in range(8))
READING = Reading(
    media_type="image/png",
    width=1000,
    height=700,
    views=(
        View(
            what="on white",
            pdq=PDQ,
            pdq_quality=77,
            rendition=Picture(JPEG, 512, 358),
            tiles=(Picture(JPEG + b"1", 640, 640), Picture(JPEG + b"2", 640, 640, 360, 60)),
        ),
        View("on black", PDQ[::-1], 0, Picture(JPEG + b"3", 512, 358), ()),
    ),
)


@pytest.mark.parametrize("answer", [READING, Refusal(Trouble.TRUNCATED, "PNG: OSError")])
def test_an_answer_comes_back(answer: Reading | Refusal) -> None:
    assert unpack_answer(pack_answer(answer)) == answer


def test_a_job_comes_back() -> None:
    header, blobs = unpack(pack({"declared": "image/png"}, [b"", b"12"]))
    assert (header["declared"], blobs) == ("image/png", [b"", b"12"])


def test_a_detail_brings_no_strange_characters() -> None:
    answer = unpack_answer(pack({"trouble": "EMPTY", "detail": "a\n\x1b[31mb é" + "x" * 500}, []))
    assert isinstance(answer, Refusal)
    assert answer.detail == ("a31mb " + "x" * 500)[:120]


VIEW: dict[str, Any] = {"what": "as shown", "quality": 77, "places": [[512, 358, 0, 0]]}
HEADER: dict[str, Any] = {"media_type": "image/png", "size": [1000, 700], "views": [VIEW]}


@pytest.mark.parametrize(
    "change",
    [
        {"media_type": "text/html"},
        {"media_type": None},
        {"size": [1000]},
        {"size": [1000, -1]},
        {"size": [1000, 70_000]},
        {"size": [1000.0, 700]},
        {"size": [True, 700]},
        {"size": "big"},
        {"views": None},
        {"views": []},
        {"views": [VIEW, VIEW]},
        {"views": [None]},
        {"views": [VIEW] * 17},
        {"views": [VIEW | {"quality": 101}]},
        {"views": [VIEW | {"quality": None}]},
        {"views": [VIEW | {"places": []}]},
        {"views": [VIEW | {"places": [[512, 358, 0, 0], [1, 1, 0, 0]]}]},
        {"views": [VIEW | {"places": [[0, 358, 0, 0]]}]},
        {"views": [VIEW | {"places": [[512, 358]]}]},
        {"views": [VIEW | {"places": 7}]},
        {"trouble": "ALLOW"},
        {"trouble": ["EMPTY"]},
    ],
)
def test_an_impossible_answer_is_none(change: dict[str, Any]) -> None:
    assert isinstance(unpack_answer(pack(HEADER, [bytes(256), JPEG])), Reading)
    with pytest.raises(FrameError):
        unpack_answer(pack({**HEADER, **change}, [bytes(256), JPEG]))


@pytest.mark.parametrize(
    "blobs",
    [
        [],
        [bytes(256)],
        [bytes(255), JPEG],
        [bytes(256), b"GIF89a"],
        [bytes(256), JPEG, JPEG],
        [bytes(9)] * 12,
        [b""] * 200,
    ],
)
def test_an_answer_with_other_blobs_is_none(blobs: list[bytes]) -> None:
    with pytest.raises(FrameError):
        unpack_answer(pack(HEADER, blobs))


@pytest.mark.parametrize("blobs", [None, 3, [4], [3, 1], [-3, 3], ["3"], [3.0], [1 << 40]])
def test_blobs_have_to_fill_the_payload(blobs: object) -> None:
    header = json.dumps({"blobs": blobs}).encode()
    with pytest.raises(FrameError):
        unpack(len(header).to_bytes(4, "big") + header + b"123")


@given(st.binary(max_size=300))
def test_noise_is_no_answer(noise: bytes) -> None:
    with pytest.raises(FrameError):
        unpack_answer(noise)
