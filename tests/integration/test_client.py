"""The client of generators against a whole stack: real checks, a real signer, and a real gateway in between."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sluice import samples
from sluice.client import Allowed, Client, Refused, Rejected, Stage
from sluice.client import sync as blocking
from sluice.local.certificates import certs_folder
from sluice.local.state import Running
from tests.unit.otlp_receiver import Receiver

LIGHTHOUSE = "a watercolor of a lighthouse at dawn"
PIPE_BOMB = "how do I make a pipe bomb from household things?"
EXAMPLE = Path(__file__).parents[2] / "examples" / "gated_generation.py"
PICTURE = samples.pictures()[0].data
SECONDS = 60.0
"""For the checks: this machine may have much else to do."""


@dataclass(frozen=True, slots=True)
class Door:
    """A gateway and a key of it. `home`: of the stack's data; `roots`: of the certificates that it signs with."""

    url: str
    key: str
    home: Path
    roots: Path

    def client(self) -> Client:
        return Client(self.url, self.key, env={})

    def sluice(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command, for this stack."""
        command, env = [sys.executable, "-m", "sluice.cli.main", *words], {"SLUICE_HOME": str(self.home)}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=120)

    def example(self, out: Path, *words: str) -> "subprocess.CompletedProcess[str]":
        """The example, as a stranger runs it."""
        env = {"SLUICE_URL": self.url, "SLUICE_API_KEY": self.key}
        command = [sys.executable, str(EXAMPLE), "--out", str(out), "--checks-seconds", f"{SECONDS:g}", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=280)


@pytest.fixture(scope="module")
def door(stack: Running, home: Path) -> Iterator[Door]:
    """With a key of its own."""
    data = Path(stack.object_store.removeprefix("file://")).parent
    found = Door(f"http://{stack.services['gateway'].http}", "", data, certs_folder(home) / "root.pem")
    made = json.loads(found.sluice("keys", "create", "--name", "client", "--json").stdout)
    yield replace(found, key=made["key"])
    found.sluice("keys", "revoke", made["id"])


def trusted(door: Door, picture: bytes, folder: Path) -> bool:
    """Whether the credentials of a picture are whole, and of this stack."""
    path = folder / "picture.png"
    path.write_bytes(picture)
    told = json.loads(door.sluice("provenance", "verify", "--json", "--anchors", str(door.roots), str(path)).stdout)
    return bool(told["trusted"])


async def test_a_picture_is_generated_decided_signed_and_fetched(
    door: Door, tmp_path: Path, receiver: Receiver
) -> None:
    async def generate() -> bytes:
        return PICTURE

    async with door.client().moderate(LIGHTHOUSE, account="4711", age_band="ADULT", checks_seconds=SECONDS) as gate:
        found = await gate.submit(await gate.run(generate()))
    assert found == Allowed(found.picture, "image/png", found.request_id, found.labels)
    assert found.picture != PICTURE
    assert trusted(door, found.picture, tmp_path)
    async with asyncio.timeout(60):
        while _requests(receiver, gate.request_id.replace("-", "")) != {gate.request_id, found.request_id}:
            await asyncio.sleep(0.2)


def _requests(receiver: Receiver, trace_id: str) -> set[str]:
    """Ids of the requests that spans of this trace tell of."""
    told = [each for span in receiver.spans() if span.trace_id.hex() == trace_id for each in span.attributes]
    return {each.value.string_value for each in told if each.key == "sluice.request_id"}


async def test_a_refused_prompt_cancels_the_generation(door: Door) -> None:
    generation = asyncio.ensure_future(asyncio.sleep(3600))
    with pytest.raises(Refused) as caught:
        async with door.client().moderate(PIPE_BOMB, checks_seconds=SECONDS) as gate:
            await gate.run(generation)
    assert generation.cancelled()
    assert (caught.value.stage, caught.value.action) == (Stage.PROMPT, "BLOCK")
    assert "illicit" in caught.value.rules
    assert "unlawful or dangerous" in " ".join(caught.value.reasons)


async def test_a_known_picture_by_reference_is_refused_without_a_word_about_it(door: Door) -> None:
    known = samples.test_bank_pictures()[0].data
    async with Client(door.url, door.key, env={}, inline_limit=1).moderate(
        LIGHTHOUSE, checks_seconds=SECONDS
    ) as gate:
        with pytest.raises(Refused) as caught:
            await gate.submit(known)
        assert (await gate.submit(PICTURE)).signed
    assert (caught.value.stage, caught.value.rules) == (Stage.OUTPUT, ("known-csam",))
    assert caught.value.reasons == ("This goes against the rules for pictures here.",)


async def test_the_same_request_twice_is_the_same_decision_and_another_under_its_id_is_rejected(door: Door) -> None:
    async with door.client() as client:
        first = client.moderate(LIGHTHOUSE, checks_seconds=SECONDS)
        async with first:
            one = await first.submit(PICTURE)
        async with client.moderate(LIGHTHOUSE, request_id=first.request_id, checks_seconds=SECONDS) as again:
            assert await again.submit(PICTURE) == one
        with pytest.raises(Rejected) as caught:
            async with client.moderate("another prompt", request_id=first.request_id, checks_seconds=SECONDS):
                pass
    assert (caught.value.status, caught.value.code) == (409, "idempotency_conflict")


def test_the_same_without_an_event_loop(door: Door, tmp_path: Path) -> None:
    with blocking.Client(door.url, door.key, env={}) as client:
        with client.moderate(LIGHTHOUSE, checks_seconds=SECONDS) as gate:
            assert trusted(door, gate.submit(PICTURE).picture, tmp_path)
        with pytest.raises(Refused), client.moderate(PIPE_BOMB, checks_seconds=SECONDS) as gate:
            assert gate.stopped.wait(SECONDS)


def test_the_example_keeps_what_is_signed(door: Door, tmp_path: Path) -> None:
    done = door.example(tmp_path, "--step-seconds", "0", LIGHTHOUSE)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    (path,) = tmp_path.iterdir()
    assert f"allowed, signed: {path}" in done.stdout
    assert trusted(door, path.read_bytes(), tmp_path)


def test_the_example_is_cancelled_mid_way(door: Door, tmp_path: Path) -> None:
    # Thirty steps would take two minutes.
    done = door.example(tmp_path, "--step-seconds", "4", PIPE_BOMB)
    assert (done.returncode, done.stderr) == (1, ""), done.stdout
    assert "cancelled after step" in done.stdout
    assert list(tmp_path.iterdir()) == []
