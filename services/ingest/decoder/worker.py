"""One picture in a process of its own, forked from a child that has everything loaded.

The process has no files but one pipe, cannot make any, and ends with its picture: nothing that a picture does to
its decoder reaches the next one.
"""

import os
import select
import signal
import time
from typing import NoReturn

from ingest.decoder.answer import Refusal, Trouble
from ingest.decoder.frames import MAX_ANSWER, pack_answer
from ingest.decoder.limits import limit_worker
from ingest.decoder.picture import Bounds, read
from ingest.decoder.sniff import Format, sniff

_OUT_OF_MEMORY = 3
_READ_AT_ONCE = 1 << 16


def decode(data: bytes, declared: str, bounds: Bounds, seconds: int, *, seccomp: bool) -> bytes | None:
    """The packed answer for one picture; None where standard input ended meanwhile: the parent is gone."""
    source, sink = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(source)
        _work(sink, data, declared, bounds, seconds, seccomp)
    os.close(sink)
    try:
        answer, why = _collect(source, time.monotonic() + seconds)
    finally:
        os.close(source)
        os.kill(worker, signal.SIGKILL)
        _, status = os.waitpid(worker, 0)
    if why == "orphaned":
        return None
    if why:
        return pack_answer(Refusal(Trouble.DECODER_LIMIT, why))
    return answer if answer and status == 0 else pack_answer(_post_mortem(status))


def _work(sink: int, data: bytes, declared: str, bounds: Bounds, seconds: int, seccomp: bool) -> NoReturn:
    """The forked process. However it ends, it never returns into the loop that it was forked from."""
    status = 1
    try:
        _leave_files(sink)
        # libheif makes threads whatever it is told.
        limit_worker(seconds, seccomp=seccomp, threads=sniff(data) is Format.HEIC)
        _write(sink, pack_answer(read(data, declared, bounds)))
        status = 0
    except MemoryError:
        status = _OUT_OF_MEMORY
    finally:
        os._exit(status)


def _leave_files(sink: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.closerange(3, sink)
    os.closerange(sink + 1, 1024)


def _write(sink: int, payload: bytes) -> None:
    rest = memoryview(payload)
    while rest:
        rest = rest[os.write(sink, rest) :]


def _collect(source: int, until: float) -> tuple[bytes, str]:
    """What the worker wrote before it closed its end, and why it was cut short, or ""."""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    # Nothing is sent while a job runs: standard input becomes readable only by ending.
    poll.register(0, select.POLLIN)
    answer = bytearray()
    while (left := until - time.monotonic()) > 0:
        ready = {number for number, _ in poll.poll(left * 1000)}
        if 0 in ready:
            return b"", "orphaned"
        if source in ready:
            part = os.read(source, _READ_AT_ONCE)
            if not part:
                return bytes(answer), ""
            answer += part
            if len(answer) > MAX_ANSWER:
                return b"", "answer too large"
    return b"", "time"


def _post_mortem(status: int) -> Refusal:
    """What a worker died of that left no whole answer."""
    if os.WIFSIGNALED(status):
        return Refusal(Trouble.DECODER_LIMIT, f"signal {os.WTERMSIG(status)}")
    if os.WEXITSTATUS(status) == _OUT_OF_MEMORY:
        return Refusal(Trouble.DECODER_LIMIT, "memory")
    return Refusal(Trouble.UNDECODABLE, "the decoder failed")
