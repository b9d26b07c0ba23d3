"""What is used of the C2PA package beside what it promises is there, and is noticed where it is not."""

import ctypes
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from sluice.c2pa_binding import binding

PACKAGE: Any = import_module("c2pa.c2pa")


class OtherLibrary:
    """The native library, with one function of another type."""

    def __init__(self, name: str, **types: Any) -> None:
        function = getattr(PACKAGE._lib, name)
        self._other = {
            name: SimpleNamespace(**({"argtypes": function.argtypes, "restype": function.restype} | types))
        }

    def __getattr__(self, name: str) -> Any:
        return self._other[name] if name in self._other else getattr(PACKAGE._lib, name)


def without(name: str) -> Any:
    return SimpleNamespace(**{key: value for key, value in vars(PACKAGE).items() if key != name})


def with_(**others: Any) -> Any:
    return SimpleNamespace(**{**vars(PACKAGE), **others})


def with_method(owner: str, name: str, function: Callable[..., None]) -> Any:
    return with_(**{owner: type(owner, (getattr(PACKAGE, owner),), {name: function})})


def test_the_pinned_release_has_all_of_it() -> None:
    """Where this fails, signing has become slower: the release of c2pa-python that is installed is another inside."""
    found = binding()
    assert found is not None
    assert found.library is PACKAGE._lib
    assert list(found.callbacks) == [
        PACKAGE.ReadCallback,
        PACKAGE.SeekCallback,
        PACKAGE.WriteCallback,
        PACKAGE.FlushCallback,
    ]
    assert found.utf8({"a": "ä"}, "") == b'{"a": "\\u00e4"}'


@pytest.mark.parametrize(
    "name",
    ["_lib", "StreamContext", "C2paStream", "_context_guard", "_check_ffi_operation_result", "_to_utf8_bytes"],
)
def test_a_release_without_a_name_is_not_used(name: str) -> None:
    assert binding(without(name)) is None


def test_a_release_with_other_parameters_is_not_used() -> None:
    def nothing(*_: object) -> None: ...

    for owner, name in (("Builder", "_sign_internal"), ("Reader", "_consume_and_swap")):
        assert binding(with_method(owner, name, nothing)) is None
    assert binding(with_(_check_cstr_arg=nothing)) is None
    assert binding(with_method("Reader", "_of_no_interest", nothing)) is not None


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("c2pa_create_stream", {"argtypes": [ctypes.c_void_p]}),
        ("c2pa_create_stream", {"restype": ctypes.c_void_p}),
        ("c2pa_create_stream", {"argtypes": None}),
        ("c2pa_release_stream", {"restype": ctypes.c_int}),
        ("c2pa_reader_with_stream", {"argtypes": PACKAGE._lib.c2pa_reader_with_stream.argtypes[:2]}),
        ("c2pa_builder_add_ingredient_from_stream", {"restype": ctypes.c_int64}),
    ],
)
def test_a_release_whose_library_takes_other_types_is_not_used(name: str, types: dict[str, Any]) -> None:
    assert binding(with_(_lib=OtherLibrary(name, **types))) is None


def test_a_stream_with_members_is_not_one_we_know() -> None:
    assert binding(with_(StreamContext=int)) is None
