"""Prompts, pictures, accounts and keys are in no exception, in no log and in no repr, whatever a gateway answers."""

import asyncio
import gc
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice.client import Client, Gate, NotAllowed
from sluice.client import sync as blocking
from sluice.client.wire import Call, Reply
from tests.unit.client_gateway import KEY, QUICK, Asked, Gateway, decision, drop, half, reason, serving, status
from tests.unit.leaks import leaks

SECRETS = {
    "prompt": b"a heron over violet reeds",
    "account": b"account-of-Ottokar-Zwirn",
    "transcript": b"earlier we spoke of herons",
    "picture": b"pixels-of-a-violet-reed",
    "upload": b"pixels-of-an-old-upload",
    "key": KEY.encode(),
}
PNG = b"\x89PNG\r\n\x1a\n"


def text(name: str) -> str:
    return SECRETS[name].decode()


def echo(asked: Asked) -> dict[str, Any]:
    """A gateway that repeats what it was sent wherever it can."""
    form = asked.form()
    said = f"{form.get('prompt')} {form.get('account_id')} {asked.headers['authorization']}"
    fired = reason("violence", "violence", detail=said)
    return decision(form["request_id"], form["stage"], "BLOCK", reasons=[fired], message=said)


def echoing(line: str) -> Any:
    body = f'{{"error": {{"message": "{text("prompt")}", "code": "{text("prompt")}", "param": "{text("account")}"}}}}'
    return status(line, body=body.encode())


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving() as found:
        yield found


def opened(url: str) -> Gate:
    client = Client(url, KEY, env={}, pace=QUICK, prompt_seconds=0.3, output_seconds=0.3)
    return client.moderate(
        text("prompt"),
        account=text("account"),
        transcript=[text("transcript")],
        uploads=[PNG + SECRETS["upload"]],
    )


FAULTS = [drop, half, status("200 OK", body=b"{}"), *map(echoing, ("400 No", "409 No", "429 No", "503 No", "200 OK"))]


@pytest.mark.parametrize("fault", [None, *FAULTS])
@pytest.mark.parametrize("path", ["/v1/requests", "/v1/assets"])
async def test_nothing_that_goes_wrong_repeats_what_was_sent(
    gateway: Gateway, fault: Any, path: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    if fault is None:
        gateway.decides = echo
    else:
        gateway.always = {path: fault}
    gate = opened(gateway.url)
    with pytest.raises(NotAllowed) as caught:
        async with gate:
            await gate.submit(PNG + SECRETS["picture"])
    gc.collect()
    await asyncio.sleep(0)
    error = caught.value
    places = {
        "exception": "".join(traceback.format_exception(error)),
        "arguments": repr((error, error.args, error.reasons)),
        "vars": repr(vars(error)),
        "log": "\n".join(record.getMessage() for record in caplog.records),
        "output": "".join(capfd.readouterr()),
    }
    assert leaks({name: held.encode() for name, held in places.items()}, SECRETS) == []


async def test_no_object_shows_them() -> None:
    gate = opened("http://127.0.0.1:1")
    matter = gate._matter
    shown = [gate, matter, matter.ask, matter.settings, matter.talks, matter.trace]
    call = Call("POST", "/v1/requests", matter.ask.form([]))
    shown += [call, Reply(200, {"x": text("prompt")}, matter.ask.form([]))]
    shown.append(blocking.Client("http://127.0.0.1:1", KEY, env={}))
    assert leaks({"repr": repr(shown).encode()}, SECRETS) == []


async def test_what_is_looked_for_would_be_found(gateway: Gateway) -> None:
    gateway.decides = echo
    with pytest.raises(NotAllowed):
        async with opened(gateway.url):
            pass
    sent = b"".join(asked.body for asked in gateway.asked)
    assert {leak.secret for leak in leaks({"sent": sent}, SECRETS)} == {"prompt", "account", "transcript", "upload"}
