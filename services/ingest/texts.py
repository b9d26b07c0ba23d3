"""Whether some bytes are a text that can be judged, and which text it is. Pure."""

import unicodedata

from ingest.unreadable import UnreadableContentError
from sluice.text.folding import fold
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_EMPTY,
    UNPROCESSABLE_INVALID_TEXT,
    UNPROCESSABLE_TOO_LARGE,
    PreparedText,
)

MOST_MARKS = 64
"""Combining marks in a row. Putting them in order takes quadratic time: 64 KiB of them, a second. Unicode's own
stream-safe form (UAX #15, section 13) allows 30; heaped-up marks meant as a joke stay below this."""

_MOST_FOLDED = 4
"""Folded text per byte of the limit: compatibility forms can make 18 letters of one."""


def read_text(data: bytes, limit: int) -> PreparedText:
    """The text in NFC, and folded. `data`: UTF-8; `limit`: bytes.

    Raises UnreadableContentError: too large, not UTF-8, NUL, more than 64 combining marks in a row, nothing but
    white space, or folding to more than four times the limit.
    """
    if len(data) > limit:
        raise UnreadableContentError(UNPROCESSABLE_TOO_LARGE, f"{len(data)} bytes, at most {limit} are read")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UnreadableContentError(UNPROCESSABLE_INVALID_TEXT, "not UTF-8") from error
    if "\0" in text:
        raise UnreadableContentError(UNPROCESSABLE_INVALID_TEXT, "NUL")
    if not text.strip():
        raise UnreadableContentError(UNPROCESSABLE_EMPTY, "no text")
    if _marks_in_a_row(text) > MOST_MARKS:
        raise UnreadableContentError(UNPROCESSABLE_INVALID_TEXT, "combining marks")
    folded = fold(text)
    if len(folded.encode()) > _MOST_FOLDED * limit:
        raise UnreadableContentError(UNPROCESSABLE_TOO_LARGE, "folds to more than can be carried")
    return PreparedText(text=unicodedata.normalize("NFC", text), folded=folded)


def _marks_in_a_row(text: str) -> int:
    if text.isascii():
        return 0
    longest = run = 0
    for character in text:
        # Some characters, like half-width voicing signs, become marks only in compatibility form.
        run = run + 1 if unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) else 0
        longest = max(longest, run)
    return longest
