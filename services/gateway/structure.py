"""How much there is in a JSON text, counted before it is parsed: a parser makes an object of every value. Pure.

Contents are long texts and pictures in base64, each one string; around them there is little. What no body needs is
refused by its number of values, by its bytes outside of strings and by its escapes, in time that is linear in bytes.
"""

import re
from http import HTTPStatus
from typing import Final

from gateway.errors import ApiError, bad_request

MOST_MARKS: Final = 4096
"""Strings, and colons, commas and opening brackets outside of them."""
MOST_OUTSIDE: Final = 256 << 10
"""Bytes outside of strings: marks, numbers, white space."""
MOST_ESCAPES: Final = 1 << 20
"""Backslashes: some clients write each slash of base64 with one, and each letter beyond ASCII."""
_MARKS: Final = (b",", b":", b"[", b"{")
_REST: Final = re.compile(rb'(?:[^"\\]++|\\.)*+"', re.DOTALL)
"""Of a string, from some place in it. It never goes back."""


def check_structure(data: bytes) -> None:
    """ApiError 400 for what holds more than a body may, or where a string does not end."""
    if data.count(b"\\") > MOST_ESCAPES:
        raise _too_much()
    at = marks = outside = 0
    while True:
        begin = data.find(b'"', at)
        end = len(data) if begin < 0 else begin
        outside += end - at
        if outside > MOST_OUTSIDE:
            raise _too_much()
        marks += 1 + sum(data.count(mark, at, end) for mark in _MARKS)
        if marks > MOST_MARKS:
            raise _too_much()
        if begin < 0:
            return
        at = _after(data, begin + 1)


def _after(data: bytes, begin: int) -> int:
    """Where a string has ended that begins here."""
    close = data.find(b'"', begin)
    escape = data.find(b"\\", begin, close) if close >= 0 else -1
    if close >= 0 and escape < 0:
        return close + 1
    rest = _REST.match(data, escape) if close >= 0 else None
    if rest is None:
        raise bad_request("invalid_json", "The body is not JSON: a string does not end.")
    return rest.end()


def _too_much() -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, "too_complex", "The body has more values in it than any request takes.")
