"""A stranger's credentials are read at arm's length."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from c2pa_signer.manifest import plan
from c2pa_signer.screen import screen
from sluice.errors import RetryableError
from sluice.provenance import State
from sluice.samples.sample import MEDIA_TYPES
from tests.unit.signing import FACTS, picture, signer

JPEG = "image/jpeg"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return signer(tmp_path_factory.mktemp("certs")).sign(picture(), JPEG, plan(FACTS, JPEG)).data


@pytest.mark.parametrize(("picture_format", "media_type"), list(MEDIA_TYPES.items()))
def test_credentials_are_found_in_every_format(tmp_path: Path, picture_format: str, media_type: str) -> None:
    data = signer(tmp_path).sign(picture(picture_format), media_type, plan(FACTS, media_type)).data
    assert screen(data, media_type) is State.VALID


def test_a_picture_without_credentials_needs_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    assert screen(picture(), JPEG) is State.NONE


def test_a_picture_that_only_looks_as_if_it_had_some() -> None:
    assert screen(picture() + b"jumb", JPEG) is State.NONE


def test_credentials_that_are_broken_are_invalid(signed: bytes) -> None:
    assert screen(signed + b"more", JPEG) is State.INVALID
    assert screen(signed[: len(signed) // 2], JPEG) is State.INVALID
    assert screen(b"jumb", JPEG) is State.INVALID


def test_credentials_that_take_too_long_are_invalid(signed: bytes) -> None:
    assert screen(signed, JPEG, seconds=0.001) is State.INVALID


@pytest.mark.parametrize("executable", ["/nonexistent", "/bin/false"])
def test_a_child_that_does_not_start_is_worth_another_try(
    signed: bytes, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(RetryableError, match="the child that reads credentials"):
        screen(signed, JPEG)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("bytearray(2 << 30)", "MemoryError"),
        ("open('written', 'wb', buffering=0).write(b'x')", ""),
    ],
)
def test_the_child_has_little_memory_and_writes_nothing(tmp_path: Path, what: str, said: str) -> None:
    code = f"from c2pa_signer.screen_child import limit; limit(); {what}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=dict(os.environ)
    )
    assert done.returncode != 0
    assert said in done.stderr


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
    assert screen(signed, JPEG) is State.VALID
    assert set(seen[0]) <= {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH"}
