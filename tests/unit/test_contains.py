"""The search says what `in` says, with the extension and without."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.contains import contains
from sluice.extension import extension

FEW = st.binary(max_size=300).map(lambda data: bytes(byte & 3 for byte in data))


@given(FEW, FEW.map(lambda data: data[:6]))
def test_as_the_operator(data: bytes, part: bytes) -> None:
    assert contains(data, part) == (part in data)
    assert contains(data * 400, part) == (part in data * 400)


def test_at_either_end_across_and_not_quite() -> None:
    for size in (0, 1, 100, 1 << 16, 1 << 20):
        for data, found in (
            (b"jumb" + bytes(size), True),
            (bytes(size) + b"jumb", True),
            (b"jum" * (size + 1) + b"b", True),
            (b"jum" * (size + 1), False),
            (bytes(size) + b"jum", False),
        ):
            assert contains(data, b"jumb") is found


def test_without_the_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sluice._native", None)
    extension.cache_clear()
    try:
        assert contains(b"a jumb box", b"jumb") is True
        assert contains(b"a box", b"jumb") is False
    finally:
        extension.cache_clear()
