"""What programs say to their users in many languages: gettext catalogues, as a test of the language identifier."""

import random
import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

MOST = 500
"""Messages of one language."""
_ORDERS = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
_NOT_PROSE = re.compile(r"[%<{$@|\\/\-\d\x00]")


def messages(locale: Path, seed: int = 5) -> Iterator[tuple[str, str]]:
    """(language, translated message) of every language but English below a folder like /usr/share/locale.

    Without placeholders, options, numbers and plurals; a sample of `MOST` where there are more.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(locale.glob("*/LC_MESSAGES/*.mo")):
        language = re.split(r"[_@]", path.parts[-3])[0]
        found[language] |= {told for told in translations(path.read_bytes()) if not _NOT_PROSE.search(told)}
    for language, told in sorted(found.items()):
        if language != "en":
            some = random.Random(seed).sample(sorted(told), min(MOST, len(told)))  # noqa: S311 - a sample, no secret
            yield from ((language, one) for one in some)


def translations(catalogue: bytes) -> Iterator[str]:
    """The translated texts of a catalogue in UTF-8 (GNU gettext's manual, "The Format of GNU MO Files"), those that
    differ from their originals. None of a file that is no catalogue, or cut short."""
    order = _ORDERS.get(catalogue[:4])
    if order is None or len(catalogue) < 20:
        return
    count, originals, translated = struct.unpack_from(f"{order}8x3I", catalogue)
    for index in range(count):
        try:
            ends = [
                struct.unpack_from(f"{order}2I", catalogue, table + 8 * index) for table in (originals, translated)
            ]
        except struct.error:
            return
        said, told = (catalogue[start : start + length] for length, start in ends)
        if said and said != told:
            try:
                yield told.decode()
            except UnicodeDecodeError:
                continue
