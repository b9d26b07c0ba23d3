"""Manifest stores: the JUMBF boxes that C2PA keeps its manifests in (ISO/IEC 19566-5; C2PA specification, "Use of
JUMBF"). Only the outermost ones are read: which manifests there are, and which of them is the active one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sluice.errors import TerminalError

_SUPERBOX: Final = b"jumb"
_DESCRIPTION: Final = b"jumd"
_STORE_TYPE: Final = bytes.fromhex("63327061 0011 0010 8000 00aa00389b71")
"""Content type UUID of a manifest store."""
_TYPE_BYTES: Final = 16
_HEXADECIMAL_VALUE: Final = re.compile(rb"\x65value\x78\x40([0-9a-f]{64})")
"""A pair in a CBOR map (RFC 8949), as the signer's own library writes it: a key of five characters, a text of 64."""
_REQUESTABLE: Final = 0x01
_LABELLED: Final = 0x02


@dataclass(frozen=True, slots=True)
class Box:
    """`data`: the whole box with its header; `begin`: where its content begins in it."""

    kind: bytes
    data: bytes
    begin: int

    @property
    def content(self) -> bytes:
        """What is in it."""
        return self.data[self.begin :]


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes that lie one behind the other in `data`. TerminalError where they do not fit."""
    at = 0
    while at < len(data):
        size, begin = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, begin = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = len(data) - at
        if size < begin or at + size > len(data):
            raise TerminalError("a manifest store whose boxes do not fit")
        yield Box(data[at + 4 : at + 8], data[at : at + size], begin)
        at += size


def manifest_labels(store: bytes) -> tuple[str, ...]:
    """The labels of a store's manifests, in order: the last one is active. TerminalError for what is no store."""
    return tuple(label for label, _ in _manifests(store))


def active_only(store: bytes) -> bytes:
    """A store with the active manifest alone. TerminalError for what is no store."""
    (outer,) = _outer(store)
    description, *_ = boxes(outer.content)
    *_, (_, manifest) = _manifests(store)
    content = description.data + manifest.data
    return (8 + len(content)).to_bytes(4, "big") + _SUPERBOX + content


def soft_binding(store: bytes, algorithm: str) -> bytes:
    """What the active manifest's soft binding says in hexadecimal digits, as bytes; empty where it has none of this
    algorithm. TerminalError for what is no store."""
    *_, (_, manifest) = _manifests(store)
    for assertion in _within(manifest, "c2pa.assertions"):
        for box in boxes(assertion.content):
            if box.kind != _SUPERBOX or not _label(box).startswith("c2pa.soft-binding"):
                continue
            for found in boxes(box.content):
                value = _HEXADECIMAL_VALUE.search(found.content)
                if found.kind == b"cbor" and algorithm.encode() in found.content and value is not None:
                    return bytes.fromhex(value[1].decode())
    return b""


def _within(box: Box, label: str) -> Iterator[Box]:
    return (each for each in boxes(box.content) if each.kind == _SUPERBOX and _label(each) == label)


def _manifests(store: bytes) -> list[tuple[str, Box]]:
    (outer,) = _outer(store)
    found = [(_label(box), box) for box in boxes(outer.content) if box.kind == _SUPERBOX]
    if not found:
        raise TerminalError("a manifest store without a manifest")
    return found


def _outer(store: bytes) -> tuple[Box]:
    found = list(boxes(store))
    if len(found) != 1 or found[0].kind != _SUPERBOX or not _description(found[0]).startswith(_STORE_TYPE):
        raise TerminalError("not a manifest store")
    return (found[0],)


def _description(box: Box) -> bytes:
    first = next(boxes(box.content), None)
    return first.content if first is not None and first.kind == _DESCRIPTION else b""


def _label(box: Box) -> str:
    description = _description(box)
    toggles = description[_TYPE_BYTES] if len(description) > _TYPE_BYTES else 0
    if toggles & (_REQUESTABLE | _LABELLED) != _REQUESTABLE | _LABELLED:
        raise TerminalError("a manifest without a label")
    return description[_TYPE_BYTES + 1 :].split(b"\x00", 1)[0].decode("utf-8", "replace")
