"""Long texts in pieces that a sentence cannot hide in.

The encoder averages over what it is given, so one bad sentence vanishes in a page. A text is cut into windows that
overlap, and its score is its worst window's.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from sluice.errors import NotReadyError, TerminalError

WINDOW = 64
"""Word pieces in a window, with the two that mark its ends."""
STRIDE = 46
"""Word pieces from the start of a window to the start of the next: a sentence of 16 is whole in one of them."""
MOST_WINDOWS = 192
"""Windows of one text, about 8,800 word pieces: the longest prompt that image generators take today, and more."""

_LONG_RUN = re.compile(r"(\S{90})(?=\S)")
"""The tokenizer gives up on words above 100 characters; without a cut one would hide what is written in it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a text and its word pieces, end marks included."""

    text: str
    ids: tuple[int, ...]


class Windows:
    """Cuts texts. Markers such as "[SEP]" in a text are text."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self._first = self._mark("[CLS]")
        self._last = self._mark("[SEP]")

    @classmethod
    def open(cls, path: Path) -> "Windows":
        """Reads tokenizer.json. Raises NotReadyError where it is not one for this encoder."""
        try:
            document = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotReadyError(f"{path.name} cannot be read; run: sluice models pull minilm") from error
        return cls(Tokenizer.from_str(document))

    def cut(self, text: str) -> list[Window]:
        """The windows of a text, at least one. Raises TerminalError where it would take more than `MOST_WINDOWS`."""
        spaced = _LONG_RUN.sub(r"\1 ", text)
        encoding = self._tokenizer.encode(spaced, add_special_tokens=False)
        ids, offsets = encoding.ids, encoding.offsets
        room = WINDOW - 2
        starts = range(0, max(1, len(ids) - room + STRIDE), STRIDE)
        if len(starts) > MOST_WINDOWS:
            raise TerminalError(f"a text of {len(ids)} word pieces is more than {MOST_WINDOWS} windows hold")
        windows: list[Window] = []
        for start in starts:
            piece = ids[start : start + room]
            begin = offsets[start][0] if start else 0
            end = offsets[start + room - 1][1] if start + room < len(ids) else len(spaced)
            windows.append(Window(spaced[begin:end], (self._first, *piece, self._last)))
        return windows

    def _mark(self, name: str) -> int:
        found = self._tokenizer.token_to_id(name)
        if found is None:
            raise NotReadyError(f"the tokenizer has no {name}; run: sluice models pull minilm")
        return int(found)
