"""How the C2PA library gets at the bytes of a picture: in native memory where the extension was built, through
Python's files where it was not. What is signed and read is the same.

The library's own package answers each read, seek and write of the library in Python, under the interpreter's lock:
tens of thousands for a GIF. It knows no other way, so the faster one uses names that it does not promise. Whether
they are what they were is looked up before, and where they are not, Python's files serve
(docs/adr/0026-native-streams-for-c2pa.md).
"""

import ctypes
import io
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any, Protocol, Self

import c2pa

from sluice.c2pa_binding import Binding, binding
from sluice.extension import extension

Ingredient = tuple[Mapping[str, Any], str, bytes]
"""What the manifest says about it, its media type, its bytes."""

_ROOM = 64 << 10
"""Bytes that a manifest without ingredients is smaller than: what an output has room for from the start."""
_MOST = 64 << 20
"""An output may have so many bytes, and twice those that go in. A manifest has thousands, and its ingredients'."""


class Streams(Protocol):
    """Reads and signs pictures in memory. Threads may share one. Raises c2pa.C2paError."""

    slow: str
    """Why this is not the fast way; empty where it is."""

    def read(self, context: c2pa.Context, data: bytes, media_type: str) -> tuple[str, str] | None:
        """The manifest store as JSON, in detail and in short; None where there is none."""

    def sign(
        self,
        context: c2pa.Context,
        key: c2pa.Signer,
        data: bytes,
        media_type: str,
        manifest: Mapping[str, Any],
        ingredients: Sequence[Ingredient],
    ) -> bytes:
        """The picture with the manifest."""


class PythonStreams:
    """By the package as it is meant to be used."""

    def __init__(self, slow: str) -> None:
        self.slow = slow

    def read(self, context: c2pa.Context, data: bytes, media_type: str) -> tuple[str, str] | None:
        """As `Streams.read`."""
        reader = c2pa.Reader.try_create(media_type, io.BytesIO(data), context=context)
        if reader is None:
            return None
        with reader:
            return reader.detailed_json(), reader.json()

    def sign(
        self,
        context: c2pa.Context,
        key: c2pa.Signer,
        data: bytes,
        media_type: str,
        manifest: Mapping[str, Any],
        ingredients: Sequence[Ingredient],
    ) -> bytes:
        """As `Streams.sign`."""
        out = io.BytesIO()
        with c2pa.Builder(dict(manifest), context=context) as builder:
            for about, kind, content in ingredients:
                builder.add_ingredient(dict(about), kind, io.BytesIO(content))
            builder.sign(key, media_type, io.BytesIO(data), out)
        return out.getvalue()


class NativeStreams:
    """By the extension's memory. The library holds no lock of Python's while it reads and writes."""

    slow = ""

    def __init__(self, extension: ModuleType, names: Binding) -> None:
        """`names`: of the package, as `binding` found them."""
        self._memory = extension.MemoryStream
        self._names = names
        addresses = self._memory.functions()
        self._functions = tuple(kind(address) for kind, address in zip(names.callbacks, addresses, strict=True))

    def read(self, context: c2pa.Context, data: bytes, media_type: str) -> tuple[str, str] | None:
        """As `Streams.read`."""
        with self._input(data) as stream:
            reader = _Reader.try_create(media_type, stream, context=context)
            if reader is None:
                return None
            # Closed before its stream is.
            with reader:
                return reader.detailed_json(), reader.json()

    def sign(
        self,
        context: c2pa.Context,
        key: c2pa.Signer,
        data: bytes,
        media_type: str,
        manifest: Mapping[str, Any],
        ingredients: Sequence[Ingredient],
    ) -> bytes:
        """As `Streams.sign`. Refused where the picture would become more than twice as large as all that goes in, and
        64 MiB."""
        limit = _MOST + 2 * (len(data) + sum(len(content) for _, _, content in ingredients))
        with _Builder(dict(manifest), context=context) as builder:
            for about, kind, content in ingredients:
                with self._input(content) as stream:
                    builder.add(about, kind, stream)
            out = self._memory.output(limit, len(data) + _ROOM)
            with self._input(data) as source, _Stream(out, self._functions, self._names) as into:
                builder.sign_into(key, media_type, source, into)
        signed: bytes = out.bytes()
        return signed

    def _input(self, data: bytes) -> "_Stream":
        return _Stream(self._memory.input(data), self._functions, self._names)


class _Stream:
    """What stands for a `c2pa.Stream`. The memory lives as long as this object, and the library's handle for the time
    of the `with`."""

    def __init__(self, memory: Any, functions: Sequence[Any], names: Binding) -> None:
        self.names = names
        self._memory = memory
        self._functions = functions
        self._stream: Any = None

    @property
    def handle(self) -> Any:
        """The library's."""
        return self._stream

    def __enter__(self) -> Self:
        context = self.names.stream_context.from_address(self._memory.context)
        self._stream = self.names.library.c2pa_create_stream(ctypes.byref(context), *self._functions)
        if not self._stream:
            raise c2pa.C2paError("Other: no stream")
        return self

    def __exit__(self, *_: object) -> None:
        stream, self._stream = self._stream, None
        if stream:
            self.names.library.c2pa_release_stream(stream)


# The package has no types, so these have a base of any type.
class _Reader(c2pa.Reader):  # type: ignore[misc]
    """Reads a `_Stream`, which is not this object's to close. Otherwise as its base begins."""

    def _init_from_context(
        self, context: c2pa.Context, format_or_path: str, stream: _Stream, _manifest_data: None = None
    ) -> None:
        names, message = stream.names, self._ERROR_MESSAGES["reader_error"]
        kind = self._resolve_format_bytes(format_or_path, stream) or b""
        with names.context_guard(context):
            self._create_and_activate(
                lambda: names.library.c2pa_reader_from_context(context.execution_context), message
            )
        names.check_text("format", kind)
        self._consume_and_swap(
            lambda handle: names.library.c2pa_reader_with_stream(handle, kind, stream.handle), message
        )


class _Builder(c2pa.Builder):  # type: ignore[misc]
    """Takes a `_Stream` where its base wraps a file."""

    def add(self, about: Mapping[str, Any], media_type: str, stream: _Stream) -> None:
        """As `add_ingredient`."""
        names = stream.names
        said, kind = names.utf8(dict(about), "ingredient JSON"), names.utf8(media_type, "ingredient format")
        with self._exclusive_native_call():
            done = names.library.c2pa_builder_add_ingredient_from_stream(self._handle, said, kind, stream.handle)
            names.check(done, self._ERROR_MESSAGES["ingredient_error"], check=lambda status: status != 0)

    def sign_into(self, key: c2pa.Signer, media_type: str, source: _Stream, into: _Stream) -> None:
        """As `sign`."""
        self._sign_internal(media_type, source, into, signer=key)


@cache
def streams() -> Streams:
    """The faster of those that are here."""
    found = extension()
    if found is None:
        return PythonStreams("the extension in native/ was not built, or is another version's")
    names = binding()
    if names is None:
        return PythonStreams(
            f"c2pa-python {c2pa.__version__} is another inside than the release this was written for"
        )
    return NativeStreams(found, names)
