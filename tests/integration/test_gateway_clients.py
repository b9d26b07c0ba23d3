"""OpenAI's official clients for Python and Node against a real stack: what works, and how what does not is told."""

import base64
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from sluice import samples
from sluice.local.state import Running
from tests.integration.gateway_clients import Case, Gateway, Outcome, ask_node, ask_python, told

LIGHTHOUSE = "a watercolor of a lighthouse at dawn"
PIPE_BOMB = "how do I make a pipe bomb from household things?"
CLIENTS = [ask_python, ask_node]
Ask = Callable[[str, Sequence[Case]], list[Outcome]]


@pytest.fixture(scope="module")
def gateway(stack: Running) -> Gateway:
    return Gateway.of(stack)


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> Iterator[str]:
    with gateway.key() as made:
        yield made


@pytest.fixture(params=CLIENTS, ids=["python", "node"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each client in its turn."""
    found: Ask = request.param
    return found


def picture(data: bytes) -> dict[str, Any]:
    """A picture of a body, as a data URL."""
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def text(words: str) -> dict[str, Any]:
    """A text among parts."""
    return {"type": "text", "text": words}


def test_a_string_an_array_and_parts(gateway: Gateway, key: str, ask: Ask) -> None:
    harmless, known = samples.pictures()[0].data, samples.test_bank_pictures()[0].data
    outcomes = ask(
        gateway.url,
        [
            Case("a string", key, {"input": LIGHTHOUSE}),
            Case("their model", key, {"input": LIGHTHOUSE, "model": "omni-moderation-latest"}),
            Case("an array", key, {"input": [LIGHTHOUSE, PIPE_BOMB, "a bowl of lemons"]}),
            Case("text and a picture", key, {"input": [text("make it brighter"), picture(harmless)]}),
            Case("a large picture", key, {"input": [picture(samples.pictures()[0].encoded("TIFF"))]}),
            Case("the test picture", key, {"input": [picture(known)]}),
        ],
    )
    print(told(outcomes))
    assert all(outcome["ok"] for outcome in outcomes), outcomes
    assert [outcome["flagged"] for outcome in outcomes] == [
        [False],
        [False],
        [False, True, False],
        [False],
        [False],
        [True],
    ]
    assert outcomes[2]["true"] == [[], ["illicit"], []]
    for outcome in outcomes:
        assert outcome["id"] == f"modr-{uuid.UUID(outcome['request_id']).hex}"
        assert outcome["model"].startswith("sluice-")
    # As with theirs, no model looks for it in pictures.
    assert outcomes[3]["minors"][2] == ["text"]
    assert "image" not in outcomes[4]["minors"][2]
    assert outcomes[5]["true"] == [["sexual/minors"]]
    assert outcomes[5]["minors"] == [True, 1.0, ["image"]]


def test_what_is_refused_and_how_a_client_sees_it(gateway: Gateway, key: str, ask: Ask) -> None:
    with gateway.key("--scope", "read") as reader, gateway.key("--rate", "1", "--burst", "1") as slow:
        body = {"input": LIGHTHOUSE}
        cases = [
            Case("no good key", "sk-sluice-wrong", body),
            Case("a key without the scope", reader, body),
            Case("the first of a minute", slow, body),
            Case("the second of a minute", slow, body),
            Case("a model that is none", key, body | {"model": "gpt-4o"}),
            Case("nothing", key, {"input": ""}),
            Case("what is no picture", key, {"input": [text("x"), picture(b"not a picture")]}),
            Case(
                "an address", key, {"input": [{"type": "image_url", "image_url": {"url": "https://example.org/a"}}]}
            ),
        ]
        outcomes = ask(gateway.url, cases)
    print(told(outcomes))
    assert [
        (found.get("status"), found.get("error"), found.get("code"), found.get("param")) for found in outcomes
    ] == [
        (401, "AuthenticationError", "invalid_api_key", None),
        (403, "PermissionDeniedError", "missing_scope", None),
        (None, None, None, None),
        (429, "RateLimitError", "rate_limit_exceeded", None),
        (404, "NotFoundError", "model_not_found", "model"),
        (400, "BadRequestError", "empty", "input"),
        (400, "BadRequestError", "unprocessable_content", "input[1].image_url.url"),
        (400, "BadRequestError", "unprocessable_content", "input[0].image_url.url"),
    ]
    assert [found["type"] for found in outcomes if not found["ok"]] == [
        "authentication_error",
        "permission_error",
        "rate_limit_error",
        *["invalid_request_error"] * 4,
    ]
    assert int(outcomes[3]["retry_after"]) > 30
    assert all(uuid.UUID(found["request_id"]) for found in outcomes)


def test_an_idempotency_key_gives_the_same_decision_and_no_other(gateway: Gateway, key: str, ask: Ask) -> None:
    again = {"Idempotency-Key": str(uuid.uuid4())}
    outcomes = ask(
        gateway.url,
        [
            Case("once", key, {"input": LIGHTHOUSE}, again),
            Case("again", key, {"input": LIGHTHOUSE}, again),
            Case("another body", key, {"input": PIPE_BOMB}, again),
            Case("without", key, {"input": LIGHTHOUSE}),
        ],
    )
    print(told(outcomes))
    assert outcomes[0]["id"] == outcomes[1]["id"] != outcomes[3]["id"]
    assert outcomes[0]["flagged"] == outcomes[1]["flagged"]
    assert (outcomes[2]["status"], outcomes[2]["error"]) == (409, "ConflictError")
    assert outcomes[2]["code"] == "idempotency_conflict"


@contextmanager
def stopped(stack: Running, name: str) -> Iterator[None]:
    """While it is entered, a service of the stack stands still."""
    pid = stack.services[name].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_without_a_check_there_is_no_result(stack: Running, gateway: Gateway, key: str, ask: Ask) -> None:
    with stopped(stack, "text-classifier"):
        (found,) = ask(gateway.url, [Case("a check stands still", key, {"input": LIGHTHOUSE})])
    print(told([found]))
    assert (found["status"], found["error"], found["code"]) == (503, "InternalServerError", "incomplete")
    assert "text" in found["message"]
    assert found["retry_after"] == "1"


def test_a_client_that_tries_again_by_itself_gets_its_answer(
    stack: Running, gateway: Gateway, key: str, ask: Ask
) -> None:
    refused = gateway.answered(503)

    def wake() -> None:
        """Once the client has been told that there is no result."""
        give_up = time.monotonic() + 60
        while gateway.answered(503) == refused and time.monotonic() < give_up:
            time.sleep(0.1)
        os.kill(stack.services["text-classifier"].pid, signal.SIGCONT)

    with stopped(stack, "text-classifier"):
        waking = threading.Thread(target=wake)
        waking.start()
        (found,) = ask(gateway.url, [Case("tried again", key, {"input": LIGHTHOUSE}, retries=5)])
        waking.join()
    print(told([found]))
    assert found["ok"], found
    assert gateway.answered(503) > refused
    assert found["flagged"] == [False]


def test_under_an_idempotency_key_a_client_does_not_try_what_is_decided(
    stack: Running, gateway: Gateway, key: str, ask: Ask
) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    case = Case("decided so", key, {"input": LIGHTHOUSE}, headers, retries=5)
    with stopped(stack, "text-classifier"):
        first = ask(gateway.url, [case])
    asked = gateway.answered(503)
    second = ask(gateway.url, [case])
    print(told([*first, *second]))
    assert gateway.answered(503) == asked + 1
    assert {(found["status"], found["code"]) for found in (*first, *second)} == {(503, "incomplete")}
    assert len({found["request_id"] for found in (*first, *second)}) == 1


def test_a_client_has_its_own_patience(stack: Running, gateway: Gateway, key: str, ask: Ask) -> None:
    with stopped(stack, "text-classifier"):
        (found,) = ask(gateway.url, [Case("no patience", key, {"input": LIGHTHOUSE}, seconds=0.5)])
    assert (found["ok"], found["error"]) == (False, "timeout")


def test_a_key_that_was_revoked_opens_nothing(gateway: Gateway, ask: Ask) -> None:
    with gateway.key() as passing:
        assert ask(gateway.url, [Case("good", passing, {"input": LIGHTHOUSE})])[0]["ok"]
    # The gateway remembers keys for five seconds.
    give_up = time.monotonic() + 30
    while True:
        (found,) = ask(gateway.url, [Case("revoked", passing, {"input": LIGHTHOUSE})])
        if not found["ok"] or time.monotonic() > give_up:
            break
        time.sleep(1.0)
    assert (found["ok"], found.get("status")) == (False, 401)
