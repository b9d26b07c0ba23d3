"""What the library says of a failed call is heard by the exporter that made the call, and by nobody else."""

import logging
from threading import Thread

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc import exporter

from sluice.telemetry.otlp_client import hush


def say(code: grpc.StatusCode) -> None:
    logging.getLogger(exporter.__name__).error("Failed to export, error code: %s", code)


def test_a_code_is_of_the_thread_whose_call_failed() -> None:
    heard = hush()
    heard.begin()
    other = Thread(target=say, args=(grpc.StatusCode.UNAUTHENTICATED,))
    other.start()
    other.join()
    assert heard.code == ""
    say(grpc.StatusCode.UNAVAILABLE)
    assert heard.code == "UNAVAILABLE"


def test_a_code_is_of_the_last_call() -> None:
    heard = hush()
    heard.begin()
    say(grpc.StatusCode.UNAVAILABLE)
    heard.begin()
    assert heard.code == ""
    # The library itself says the same thing once in twenty seconds, to whoever it was.
    say(grpc.StatusCode.UNAVAILABLE)
    assert heard.code == "UNAVAILABLE"


def test_it_is_heard_once_and_nothing_of_it_is_seen(capfd: pytest.CaptureFixture[str]) -> None:
    assert hush() is hush()
    say(grpc.StatusCode.UNAVAILABLE)
    logging.getLogger("opentelemetry.sdk").error("somebody's words")
    assert capfd.readouterr() == ("", "")
