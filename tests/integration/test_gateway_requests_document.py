"""Schemathesis against the routes about single requests: what their document says holds to the letter."""

import asyncio
from pathlib import Path

from tests.integration.test_gateway_schemathesis import run
from tests.unit.gateway_followed import open_followed
from tests.unit.gateway_log import a_log


async def test_what_the_document_says_of_requests_holds_to_the_letter(tmp_path: Path) -> None:
    with a_log() as log:
        async with open_followed(tmp_path, log) as door:
            words = ("--exclude-path", "/v1/moderations", "--max-examples", "150")
            await asyncio.to_thread(run, tmp_path, door.url, door.secret, *words)
