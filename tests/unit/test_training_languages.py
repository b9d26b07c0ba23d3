"""The tables of the language identifier, and the catalogues that it is tried on."""

import json
import struct
from pathlib import Path

import pytest

from sluice.text.language import Languages
from training.languages import Text, by_language, look, read, recognised, wrongly
from training.messages import messages, translations

GERMAN = "Zwei Frauen sitzen an einem Tisch im sonnigen Garten und lesen die Zeitung"
ENGLISH = "Two women share a table in a sunny garden and read the paper"


def catalogue(pairs: dict[str, str], order: str = "<") -> bytes:
    """A .mo file."""
    count = len(pairs)
    start = 28 + 16 * count
    tables: tuple[bytes, bytes] = (b"", b"")
    body = b""
    for index, texts in enumerate((list(pairs), list(pairs.values()))):
        table = b""
        for text in texts:
            raw = text.encode()
            table += struct.pack(f"{order}2I", len(raw), start + len(body))
            body += raw + b"\0"
        tables = (table, tables[1]) if index == 0 else (tables[0], table)
    head = struct.pack(f"{order}7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    return head + tables[0] + tables[1] + body


@pytest.mark.parametrize("order", ["<", ">"])
def test_reads_catalogues_of_either_byte_order(order: str) -> None:
    assert list(translations(catalogue({"": "Project: x", "cat": "Katze", "OK": "OK"}, order))) == ["Katze"]


def test_what_is_no_catalogue_has_no_translations() -> None:
    assert list(translations(b"")) == []
    assert list(translations(b"x" * 40)) == []
    whole = catalogue({"cat": "Katze", "dog": "Hund"})
    assert list(translations(whole[:40])) == []


def test_messages_are_prose_in_other_languages(tmp_path: Path) -> None:
    for folder, told in (("de_AT", "Die Datei fehlt"), ("en_GB", "The colour"), ("fr", "%s fichiers")):
        path = tmp_path / folder / "LC_MESSAGES" / "a.mo"
        path.parent.mkdir(parents=True)
        path.write_bytes(catalogue({"key": told}))
    assert list(messages(tmp_path)) == [("de", "Die Datei fehlt")]


def test_rows_are_read_with_their_language(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"text": "a cat", "lang": "en", "source": "own", "labels": {}}) + "\n\n")
    assert read(path) == [Text("a cat", "en", "own")]


def test_the_tables() -> None:
    texts = [
        Text(ENGLISH, "en", "own"),
        Text(GERMAN, "en", "odd"),
        Text(GERMAN, "de", "own"),
        Text("kya haal", "hi", "x"),
    ]
    seen = look(texts, Languages.open(), ["en"])
    assert wrongly(one for one in seen if one.text.lang == "en").splitlines()[2:] == [
        "| odd | 1 | 1 |",
        "| own | 1 | 0 |",
        "| all | 2 | 1 |",
    ]
    groups = by_language(one for one in seen if one.text.lang != "en")
    assert recognised(groups).splitlines()[2:] == [
        "| de |  |  |  | 1.000 (1) |  |",
        "| hi, Latin letters | 0.000 (1) |  |  |  |  |",
    ]
