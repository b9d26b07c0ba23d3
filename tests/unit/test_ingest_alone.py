"""A text read without a stack is the text that ingest would have read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ingest.alone import open_texts
from ingest.decoder.pool import DecoderPool
from ingest.prepare import Preparer
from sluice.objects import ObjectStore
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_TRANSCRIPT
from tests.unit.decoders import SETTINGS
from tests.unit.model_files import settings


@pytest.fixture
async def preparer(tmp_path: Path) -> AsyncIterator[Preparer]:
    pool = await DecoderPool.open(SETTINGS)
    yield Preparer(ObjectStore.open(tmp_path.as_uri()), pool, SETTINGS)
    await pool.close()


@pytest.mark.parametrize(
    "text", ["a fox", "Ａ Cafe\u0301", "", " \n", "a\0b", "\ud800", "e" + "\u0301" * 90, "x" * 5_000]
)
async def test_it_reads_as_the_service_does(preparer: Preparer, text: str) -> None:
    found, reader = settings(SLUICE_MAX_TEXT_BYTES=str(SETTINGS.max_text_bytes))
    for role in (ROLE_PROMPT, ROLE_TRANSCRIPT):
        mine = open_texts(found, reader)(text, role, "c3")
        assert mine == await preparer.prepare_text(text, role, "c3")


def test_the_bound_is_the_environments() -> None:
    found, reader = settings(SLUICE_MAX_TEXT_BYTES="4")
    read = open_texts(found, reader)
    assert read("four", ROLE_PROMPT, "c0").WhichOneof("body") == "text"
    assert read("fives", ROLE_PROMPT, "c0").unprocessable
