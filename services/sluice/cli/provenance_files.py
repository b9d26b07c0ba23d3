"""Reads the files that a person names on the command line, and says which it will not read."""

import os
import stat
import sys

MOST_BYTES = 256 << 20
"""A picture of 100 megapixels, lossless, is smaller."""

STANDARD_INPUT = "-"


class UnreadError(Exception):
    """The message says why a file was not read."""


def read_picture(name: str) -> bytes:
    """The bytes of a file; `-`: of standard input. Raises UnreadError for a folder, a pipe, a device, an empty or a
    huge file, and where the system does not let it be read."""
    try:
        if name == STANDARD_INPUT:
            return _bounded(sys.stdin.buffer.read(MOST_BYTES + 1))
        # Without O_NONBLOCK a pipe that nobody writes to would be waited for.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            about = os.fstat(descriptor)
            if stat.S_ISDIR(about.st_mode):
                raise UnreadError("it is a folder: name the files in it")
            if not stat.S_ISREG(about.st_mode):
                raise UnreadError("it is a pipe or a device; `-` reads standard input")
            if about.st_size > MOST_BYTES:
                raise _huge()
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return _bounded(file.read(MOST_BYTES + 1))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnreadError(error.strerror or "the system does not let it be read") from error
    except ValueError as error:
        raise UnreadError("no file can have this name") from error


def _bounded(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise _huge()
    if not data:
        raise UnreadError("it is empty")
    return data


def _huge() -> UnreadError:
    return UnreadError(f"it is larger than {MOST_BYTES >> 20} MiB")
