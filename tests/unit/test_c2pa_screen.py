"""A stranger's credentials are read at arm's length."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from c2pa_signer import screen as module
from c2pa_signer.manifest import plan
from c2pa_signer.screen import COSTLY, NOTHING, Screened, screen
from sluice.confined import Ended, Fate
from sluice.errors import RetryableError
from sluice.provenance import State
from sluice.samples.sample import MEDIA_TYPES
from tests.unit.signing import FACTS, picture, signer

JPEG = "image/jpeg"
WHOLE = Screened(State.VALID)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return signer(tmp_path_factory.mktemp("certs")).sign(picture(), JPEG, plan(FACTS, JPEG)).data


@pytest.mark.parametrize(("picture_format", "media_type"), list(MEDIA_TYPES.items()))
def test_credentials_are_found_in_every_format(tmp_path: Path, picture_format: str, media_type: str) -> None:
    data = signer(tmp_path).sign(picture(picture_format), media_type, plan(FACTS, media_type)).data
    assert screen(data, media_type) == WHOLE
    assert WHOLE.carried


def test_a_picture_without_credentials_needs_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    assert screen(picture(), JPEG) == NOTHING


def test_a_picture_that_only_looks_as_if_it_had_some() -> None:
    assert screen(picture() + b"jumb", JPEG) == NOTHING


@pytest.mark.parametrize(
    ("damage", "failure"),
    [
        (lambda data: data + b"more", "assertion.dataHash.mismatch"),
        (lambda data: data[: len(data) // 2], "assertion.dataHash.mismatch"),
        (lambda data: data[:2] + b"jumb", "unreadable."),
    ],
    ids=["more", "less", "nothing else"],
)
def test_credentials_that_are_broken_are_invalid_and_it_is_said_why(
    signed: bytes, damage: Callable[[bytes], bytes], failure: str
) -> None:
    found = screen(damage(signed), JPEG)
    assert (found.state, found.carried) == (State.INVALID, False)
    assert any(code.startswith(failure) for code in found.failures)


def test_credentials_that_take_too_long_are_invalid(signed: bytes) -> None:
    assert screen(signed, JPEG, seconds=0.001) == Screened(State.INVALID, ("unreadable.slow",))


@pytest.mark.parametrize("limit", ["CARRIED_CPU_SECONDS", "CARRIED_MEMORY"])
def test_whole_credentials_that_are_much_work_are_not_carried(
    signed: bytes, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(module, limit, -1)
    found = screen(signed, JPEG)
    assert (found, found.carried) == (Screened(State.VALID, (COSTLY,)), False)


@pytest.mark.parametrize("executable", ["/nonexistent", "/bin/false"])
def test_a_child_that_does_not_start_is_worth_another_try(
    signed: bytes, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(RetryableError, match="the child that reads"):
        screen(signed, JPEG)


def test_the_child_is_told_nothing_in_confidence(signed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    real = subprocess.run

    def watched(*arguments: object, **options: object) -> object:
        environment = options["env"]
        assert isinstance(environment, dict)
        seen.append(environment)
        return real(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "secret")
    monkeypatch.setattr(subprocess, "run", watched)
    assert screen(signed, JPEG) == WHOLE
    assert set(seen[0]) <= {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH"}


def test_no_more_children_at_once_than_there_is_memory_for(signed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def run(*_: object) -> Ended:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return Ended(Fate.SLOW)

    monkeypatch.setattr(module, "run_confined", run)
    with ThreadPoolExecutor(64) as pool:
        assert len(list(pool.map(lambda _: screen(signed, JPEG), range(128)))) == 128
    assert most <= max(4, os.cpu_count() or 1)
