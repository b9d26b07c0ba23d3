"""Asking the reporter about incidents: where it is, and what its refusals mean for a command."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TypeVar

import grpc
import typer

from sluice.cli.tell import refuse
from sluice.client_tls import open_channel, read_client_tls
from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.local.entry_points import REPORTER
from sluice.local.state import read_running
from sluice.settings import sluice_home
from sluice.v1.reporter_pb2_grpc import ReporterStub

Address = Annotated[
    str, typer.Option("--address", metavar="HOST:PORT", help="The reporter. Default: that of the running stack.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON lines, also on a terminal.")]

SECONDS: Final = 30.0
"""For an answer: the ledger may be far away, and somebody else may be changing the same incident."""
LONGEST_WHO: Final = 200
LONGEST_WHY: Final = 4000

_OPTIONS: Final = (("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1))
_LATER: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})
_AS_IT_STANDS: Final = frozenset({grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION})
T = TypeVar("T")


@contextmanager
def asking(address: str) -> Iterator[ReporterStub]:
    """The reporter at `address`; empty: that of the running stack. NotReadyError where there is none, ConfigError."""
    with open_channel(address or _address(), read_client_tls(os.environ), _OPTIONS) as channel:
        yield ReporterStub(channel)


def answer(call: Callable[[], T]) -> T:
    """What a call gives. TerminalError for what is not there or not possible, RetryableError where nobody answers.

    Ends the command for what the reporter calls a wrong argument.
    """
    try:
        return call()
    except grpc.RpcError as error:
        code, details = error.code(), str(error.details())
        if code is grpc.StatusCode.INVALID_ARGUMENT:
            refuse(details)
        if code in _AS_IT_STANDS:
            raise TerminalError(details) from error
        words = f"the reporter: {code.name}: {details}"
        raise (RetryableError if code in _LATER else TerminalError)(words) from error


def a_line(option: str, text: str, most: int) -> str:
    """What a person says of an incident, without spaces around it. Ends the command for nothing, for more than `most`
    characters, and for more than a line."""
    found = text.strip()
    if not found or len(found) > most or not found.isprintable():
        refuse(f"{option} should be one line of at most {most} printable characters")
    return found


def _address() -> str:
    home = sluice_home(os.environ)
    running = read_running(home)
    if running is None:
        raise NotReadyError(f"no stack runs in {home}: `sluice up` starts one, or name a reporter with --address")
    if REPORTER not in running.services:
        raise NotReadyError("the running stack has no reporter: `sluice up` without `--without` starts it")
    return running.services[REPORTER].address
