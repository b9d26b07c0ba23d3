"""Keys in a file: the last line wraps, all of them unwrap, and a missing one is named."""

import stat
from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.vault.errors import MissingKeyError, TamperedError
from sluice.vault.key_file import FileKeys, add_key
from sluice.vault.keys import Wrapped

DATA_KEY = bytes(range(100, 132))


def test_a_key_added_wraps_and_the_old_one_still_unwraps(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    add_key(path, "2026")
    before = FileKeys.read(path)
    wrapped = before.wrap(DATA_KEY, "it")
    add_key(path, "2027")
    after = FileKeys.read(path)
    assert (before.key_id, after.key_id) == ("2026", "2027")
    assert after.unwrap(wrapped, "it") == DATA_KEY
    assert after.wrap(DATA_KEY, "it").key_id == "2027"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_others_wrap_by_a_key_that_was_added_is_unwrapped_by_who_runs_already(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    add_key(path, "2026")
    running = FileKeys.read(path)
    add_key(path, "2027")
    wrapped = FileKeys.read(path).wrap(DATA_KEY, "it")
    assert running.unwrap(wrapped, "it") == DATA_KEY
    # What it wraps itself, it wraps by the same key as before.
    assert running.wrap(DATA_KEY, "it").key_id == "2026"
    path.unlink()
    assert running.unwrap(wrapped, "it") == DATA_KEY
    with pytest.raises(MissingKeyError, match="no key '2028'"):
        running.unwrap(Wrapped("2028", wrapped.data), "it")


def test_a_key_that_is_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    add_key(path, "2026")
    wrapped = FileKeys.read(path).wrap(DATA_KEY, "it")
    path.unlink()
    add_key(path, "2027")
    with pytest.raises(MissingKeyError, match=r"no key '2026', which wraps it: put its line back"):
        FileKeys.read(path).unwrap(wrapped, "it")


def test_every_bit_of_a_wrapped_key_counts() -> None:
    keys = FileKeys({"a": bytes(32), "b": bytes(range(32))}, "a", "here")
    encoded = bytearray(keys.wrap(DATA_KEY, "it").encode())
    for bit in range(8 * len(encoded)):
        encoded[bit // 8] ^= 1 << bit % 8
        with pytest.raises((TamperedError, MissingKeyError)):
            keys.unwrap(Wrapped.decode(bytes(encoded), "here"), "it")
        encoded[bit // 8] ^= 1 << bit % 8
    assert keys.unwrap(Wrapped.decode(bytes(encoded), "here"), "it") == DATA_KEY


def test_it_unwraps_for_nothing_else() -> None:
    keys = FileKeys({"a": bytes(32), "b": bytes(range(32))}, "a", "here")
    wrapped = keys.wrap(DATA_KEY, "it")
    with pytest.raises(TamperedError):
        keys.unwrap(wrapped, "that")
    with pytest.raises(TamperedError):
        keys.unwrap(Wrapped("b", wrapped.data), "it")


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[" * 50_000,
        b'{"data": "00", "key_id": "a", "version": 2}',
        b'{"data": "AB", "key_id": "a", "version": 1}',
        b'{"data": "ab", "key_id": "a",  "version": 1}',
        b'{"data": "ab", "key_id": "a b", "version": 1}',
        b'{"data": "ab", "key_id": 7, "version": 1}',
        b'{"data": "ab", "key_id": "a", "key_id": "a", "version": 1}',
        b'{"data": "' + b"ab" * 10_000 + b'", "key_id": "a", "version": 1}',
    ],
)
def test_what_is_no_wrapped_key(encoded: bytes) -> None:
    with pytest.raises(TamperedError, match="is not a wrapped key"):
        Wrapped.decode(encoded, "here")


@pytest.mark.parametrize(
    "text", ["", "\n", "a", "a 00", "a " + "AB" * 32, f"a {'0' * 64}\na {'1' * 64}", "ä " + "0" * 64]
)
def test_what_is_no_file_of_keys(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        FileKeys.read(path)
    assert "0" * 8 not in str(caught.value)


def test_adding_never_takes_a_name_twice(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    add_key(path, "a")
    before = path.read_bytes()
    for name in ("a", "", "b c", "b\n"):
        with pytest.raises(ConfigError):
            add_key(path, name)
    assert path.read_bytes() == before


def test_nothing_tells_a_key() -> None:
    assert repr(FileKeys({"a": bytes(32)}, "a", "here")) == "<1 wrapping keys in a file>"
