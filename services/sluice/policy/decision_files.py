"""Decisions in a file: what `sluice decisions export` writes, and other tools can read.

NAME.jsonl      a decision per line, as protobuf's JSON with the names of decision.proto
any other name  messages one after the other, each with its length before it (protobuf's delimited form)
NAME.gz         either of them, gzipped
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Final

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError

from sluice.errors import TerminalError
from sluice.v1.decision_pb2 import Decision

_MOST_BYTES: Final = 16 << 20
"""No record of ours is larger; what says that it is, is no decision."""
_MOST_LINE: Final = 4 * _MOST_BYTES
"""The same in JSON, which takes more."""
_TOLD_EVERY: Final = 256


def write_decisions(path: Path, values: Iterable[bytes]) -> int:
    """Writes serialised decisions as the file's name says; how many. The file appears whole or not at all.

    TerminalError where it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.part")
    count = 0
    put = _put_line if _is_json(path) else _put_message
    try:
        with gzip.open(fresh, "wb", compresslevel=6) if _is_gzip(path) else fresh.open("wb") as out:
            for value in values:
                put(out.write, value)
                count += 1
        fresh.replace(path)
    except OSError as error:
        raise TerminalError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)
    return count


def read_decisions(path: Path, told: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """The serialised decisions of a file. `told`: how many bytes of the file more have been read.

    TerminalError where it cannot be read or holds something else, with the place.
    """
    count = done = 0
    try:
        with path.open("rb") as raw, _opened(path, raw) as data:
            for value in _lines(data) if _is_json(path) else _messages(data):
                count += 1
                if count % _TOLD_EVERY == 0:
                    done, before = raw.tell(), done
                    told(done - before)
                yield value
            told(raw.tell() - done)
    except (OSError, EOFError, zlib.error) as error:
        raise TerminalError(f"{path} cannot be read: {error}") from error
    except (DecodeError, ParseError, ValueError) as error:
        raise TerminalError(f"{path}: record {count + 1} is not a decision") from error


def _is_gzip(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _is_json(path: Path) -> bool:
    return (path.with_suffix("") if _is_gzip(path) else path).suffix.lower() == ".jsonl"


@contextmanager
def _opened(path: Path, raw: BufferedReader) -> Iterator[IO[bytes]]:
    if not _is_gzip(path):
        yield raw
        return
    with gzip.GzipFile(fileobj=raw) as packed, BufferedReader(packed) as data:
        yield data


def _put_message(write: Callable[[bytes], object], value: bytes) -> None:
    write(_varint(len(value)))
    write(value)


def _put_line(write: Callable[[bytes], object], value: bytes) -> None:
    text = MessageToJson(Decision.FromString(value), preserving_proto_field_name=True, indent=None)
    write(text.encode() + b"\n")


def _messages(data: IO[bytes]) -> Iterator[bytes]:
    while (size := _length(data)) is not None:
        value = data.read(size)
        if len(value) < size:
            raise ValueError("it ends in the middle")
        yield value


def _lines(data: IO[bytes]) -> Iterator[bytes]:
    while line := data.readline(_MOST_LINE + 1):
        if len(line) > _MOST_LINE:
            raise ValueError("a line without an end")
        if line.strip():
            yield Parse(line, Decision(), ignore_unknown_fields=True).SerializeToString()


def _varint(number: int) -> bytes:
    """Seven bits a byte, the low ones first (https://protobuf.dev/programming-guides/encoding/#varints)."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _length(data: IO[bytes]) -> int | None:
    """The length before a message; None at the file's end. ValueError where there is none."""
    number = shift = 0
    while byte := data.read(1):
        number |= (byte[0] & 0x7F) << shift
        if number > _MOST_BYTES or shift > 28:
            break
        if byte[0] < 0x80:
            return number
        shift += 7
    if not byte and not shift:
        return None
    raise ValueError("no length")
