"""Data that a package ships as a JavaScript module: read as text, never run.

nsfwjs wraps a model's JSON, and its weights as base64, into a module whose one statement is an assignment to
`exports`. What follows is read as a literal: objects, arrays, strings, numbers, true, false, null, and the short
forms that a minifier makes of them (`.5`, `!0`, unquoted keys). Plain JSON is such a literal too. Anything else (a
call, an operator, a name) is refused.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from sluice.errors import TerminalError

_EXPORT = re.compile(r"\w\.exports=(?=[{\[\"])")
_TOKEN = re.compile(
    r"""\s*(?: (?P<text>"(?:[^"\\]|\\.)*")
             | (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
             | (?P<word>!0|!1|[A-Za-z_$][\w$]*)
             | (?P<mark>[{}\[\]:,]) )""",
    re.VERBOSE,
)
_WORDS = {"!0": True, "!1": False, "true": True, "false": False, "null": None}
_DEPTH = 64


def unwrap(source: str) -> bytes:
    """What the module exports: an object or array as JSON text, a string as the bytes that its base64 stands for.

    Raises TerminalError where the text is no such module.
    """
    value = literal(source)
    if not isinstance(value, str):
        return json.dumps(value).encode()
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise TerminalError("the module's string is not base64") from error


def literal(source: str) -> Any:
    """The value that the module exports, or that the text itself is."""
    exports = [found.end() for found in _EXPORT.finditer(source)]
    if len(exports) > 1:
        raise TerminalError("the module exports more than one value")
    tokens = _tokens(source, exports[0] if exports else 0)
    return _value(next(tokens), tokens, _DEPTH)


Token = tuple[str, str]


def _tokens(source: str, at: int) -> Iterator[Token]:
    while found := _TOKEN.match(source, at):
        at = found.end()
        kind = str(found.lastgroup)
        yield kind, found[kind]
    raise TerminalError(f"the module holds something other than plain data at character {at}")


def _value(token: Token, tokens: Iterator[Token], depth: int) -> Any:
    kind, text = token
    if depth == 0:
        raise TerminalError("the module's data is nested too deeply")
    if kind == "text":
        return json.loads(text)
    if kind == "number":
        return float(text) if re.search("[.eE]", text) else int(text)
    if kind == "word" and text in _WORDS:
        return _WORDS[text]
    if text == "[":
        return _items(tokens, depth)
    if text == "{":
        return _members(tokens, depth)
    raise TerminalError(f"the module's data holds {text[:20]!r}, which is not a literal")


def _items(tokens: Iterator[Token], depth: int) -> list[Any]:
    items: list[Any] = []
    token = next(tokens)
    while token != ("mark", "]"):
        items.append(_value(token, tokens, depth - 1))
        token = _after(tokens, "]")
    return items


def _members(tokens: Iterator[Token], depth: int) -> dict[str, Any]:
    members: dict[str, Any] = {}
    kind, text = next(tokens)
    while (kind, text) != ("mark", "}"):
        if kind not in ("text", "word") or next(tokens) != ("mark", ":"):
            raise TerminalError(f"the module's data has a broken object near {text[:20]!r}")
        key = json.loads(text) if kind == "text" else text
        members[key] = _value(next(tokens), tokens, depth - 1)
        kind, text = _after(tokens, "}")
    return members


def _after(tokens: Iterator[Token], end: str) -> Token:
    """The token after an item: past the comma, or the end of the list."""
    token = next(tokens)
    if token == ("mark", ","):
        return next(tokens)
    if token == ("mark", end):
        return token
    raise TerminalError(f"the module's data holds {token[1][:20]!r} where a comma should be")
