"""What the C2PA library's Python package has inside, beside what it promises: only `sluice.c2pa_streams` wants it.

The release is pinned, and still nothing is taken for granted: another one may have the same names for other things.
"""

import ctypes
import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from ctypes import POINTER, c_char_p, c_int, c_ssize_t, c_uint8, c_void_p
from dataclasses import dataclass
from importlib import import_module
from typing import Any

_PARAMETERS = {
    "Reader._init_from_context": "self context format_or_path stream manifest_data",
    "Reader._resolve_format_bytes": "format_or_path stream",
    "Reader._create_and_activate": "self ffi_call error_message check",
    "Reader._consume_and_swap": "self ffi_call error_message",
    "Builder._exclusive_native_call": "self",
    "Builder._sign_internal": "self format source_stream dest_stream signer",
    "_context_guard": "context",
    "_check_ffi_operation_result": "result fallback_msg check",
    "_check_cstr_arg": "name value",
    "_to_utf8_bytes": "data error_context",
}
"""Of every function that is called or replaced."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The parts of `c2pa.c2pa`."""

    library: Any
    """The native library, every function with its types."""
    stream_context: Any
    """The type that a stream's context has; it has no members."""
    callbacks: Sequence[Any]
    """Types of the functions that read, seek, write and flush."""
    context_guard: Callable[[Any], AbstractContextManager[None]]
    """Keeps a context from being closed."""
    check: Callable[..., object]
    """Raises what the library says went wrong, where the result says that something did."""
    check_text: Callable[[str, bytes], None]
    """Refuses text that the library would cut off."""
    utf8: Callable[[Any, str], bytes]
    """Text, or a dictionary as JSON."""


def binding(module: Any = None) -> Binding | None:
    """The parts that are wanted; None where any is missing or is not what it was in c2pa-python 0.38.1. `module`: in
    the place of `c2pa.c2pa`."""
    module = module or import_module("c2pa.c2pa")
    try:
        return _found(module) if _as_expected(module) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _found(module: Any) -> Binding:
    names = (
        "_lib",
        "StreamContext",
        "_context_guard",
        "_check_ffi_operation_result",
        "_check_cstr_arg",
        "_to_utf8_bytes",
    )
    library, context, guard, check, check_text, utf8 = (getattr(module, name) for name in names)
    return Binding(library, context, _callbacks(), guard, check, check_text, utf8)


def _callbacks() -> Sequence[Any]:
    # Equal types of functions are one object.
    byte = POINTER(c_uint8)
    return (
        ctypes.CFUNCTYPE(c_ssize_t, c_void_p, byte, c_ssize_t),
        ctypes.CFUNCTYPE(c_ssize_t, c_void_p, c_ssize_t, c_int),
        ctypes.CFUNCTYPE(c_ssize_t, c_void_p, byte, c_ssize_t),
        ctypes.CFUNCTYPE(c_ssize_t, c_void_p),
    )


def _as_expected(module: Any) -> bool:
    context, stream, reader, builder = (
        POINTER(each) for each in (module.StreamContext, module.C2paStream, module.C2paReader, module.C2paBuilder)
    )
    functions = {
        "c2pa_create_stream": ((context, *_callbacks()), stream),
        "c2pa_release_stream": ((stream,), None),
        "c2pa_reader_from_context": ((POINTER(module.C2paContext),), reader),
        "c2pa_reader_with_stream": ((reader, c_char_p, stream), reader),
        "c2pa_builder_add_ingredient_from_stream": ((builder, c_char_p, c_char_p, stream), c_int),
    }
    library = _attribute(module, "_lib")
    native = [(getattr(library, name), types, result) for name, (types, result) in functions.items()]
    return (
        issubclass(module.StreamContext, ctypes.Structure)
        and all(tuple(each.argtypes) == types and each.restype is result for each, types, result in native)
        and all(
            tuple(inspect.signature(_attribute(module, path)).parameters) == tuple(names.split())
            for path, names in _PARAMETERS.items()
        )
        and all(
            isinstance(_attribute(module, path)[key], str)
            for path, key in (
                ("Reader._ERROR_MESSAGES", "reader_error"),
                ("Builder._ERROR_MESSAGES", "ingredient_error"),
            )
        )
    )


def _attribute(module: Any, path: str) -> Any:
    for name in path.split("."):
        module = getattr(module, name)
    return module
