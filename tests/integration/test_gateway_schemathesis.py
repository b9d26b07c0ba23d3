"""Schemathesis against the document that a gateway serves: what it says is what it does, for thousands of requests
that nobody thought of. Bounded, and seeded: `SEED` is another run."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from sluice.local.state import Running
from tests.integration.gateway_clients import Gateway
from tests.unit.gateway_door import open_door

PROGRAM: Final = str(Path(sys.executable).with_name("schemathesis"))
SEED: Final = os.environ.get("SEED", "20261122")
SUMMARY: Final = re.compile(r"(\d+) generated, (\d+) passed")
UNREADABLE: Final = """
# A picture that was made by a pattern is none, a reference leads nowhere, and both are said to be so.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "429"]

# A check that is overrun by all this is no mistake of the door: it says so, and when to come back.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""


@pytest.fixture(scope="module")
def gateway(stack: Running) -> Gateway:
    return Gateway.of(stack)


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> Iterator[str]:
    with gateway.key("--scope", "moderate", "--scope", "read") as made:
        yield made


def run(folder: Path, url: str, key: str, *words: str, config: str = "") -> str:
    """What schemathesis says of a gateway. Fails where it found anything."""
    file = folder / "schemathesis.toml"
    file.write_text(config)
    command = [PROGRAM, "--config-file", str(file), "run", f"{url}/openapi.json", "--checks", "all"]
    command += ["--seed", SEED, "--continue-on-failure", "--header", f"Authorization: Bearer {key}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, cwd=folder)
    summary = done.stdout.partition("SUMMARY ===")[2]
    print(summary)
    assert done.returncode == 0, done.stdout[-12_000:]
    made = SUMMARY.search(summary)
    assert made is not None
    assert made[1] == made[2]
    return summary


async def test_what_the_document_says_of_moderations_holds_to_the_letter(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        words = ("--include-path", "/v1/moderations", "--max-examples", "200")
        await asyncio.to_thread(run, tmp_path, door.url, door.secret, *words)


def test_nothing_that_a_stranger_sends_surprises_a_whole_stack(tmp_path: Path, gateway: Gateway, key: str) -> None:
    run(
        tmp_path, gateway.url, key, "--max-examples", "40", "--phases", "examples,coverage,fuzzing", config=UNREADABLE
    )
