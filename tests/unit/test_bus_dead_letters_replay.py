"""What of a dead letter can be published again, and as what."""

import hashlib
from pathlib import Path

import pytest

from sluice.bus.dead_letters import dead_letter
from sluice.bus.dead_letters_log import Letter
from sluice.bus.dead_letters_replay import REPLAYABLE, again, distinct, original, refusal
from sluice.bus.find import Find
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.errors import PoisonError, TerminalError
from sluice.objects import DigestMismatchError, ObjectStore, dead_letter_key
from sluice.v1.dead_letter_pb2 import (
    DEAD_LETTER_REASON_CONFLICT,
    DEAD_LETTER_REASON_INTERNAL,
    DEAD_LETTER_REASON_MALFORMED,
    DeadLetter,
)

VALUE = b"not a request"
TRACE = (("traceparent", b"00-1-1-01"),)


def stranger(value: bytes = VALUE, offset: int = 9) -> Record:
    return Record(Topic.REQUESTS, 2, offset, b"key", value, 1000, (*TRACE, ("theirs", b"x")))


def found_in_log(record: Record | None) -> Find:
    async def find(topic: str, partition: int, offset: int) -> Record | None:
        same = record is not None and (record.topic, record.partition, record.offset) == (topic, partition, offset)
        return record if same else None

    return find


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open(f"file://{tmp_path}")


async def buried(store: ObjectStore, record: Record) -> Letter:
    """The letter that a service writes about a record."""
    error = PoisonError(DEAD_LETTER_REASON_MALFORMED, "not a request")
    outgoing = await dead_letter(record, error, "ingest", "", store)
    written = Record(outgoing.topic, 1, 17, outgoing.key, outgoing.value, 2000, outgoing.headers)
    letter = Letter.of(written)
    assert letter is not None
    return letter


async def test_what_was_buried_comes_back_as_it_was(store: ObjectStore) -> None:
    record = stranger()
    letter = await buried(store, record)
    outgoing = again(letter, await original(letter.letter, store, found_in_log(None)))
    assert (outgoing.topic, outgoing.partition) == (record.topic, record.partition)
    assert (outgoing.key, outgoing.value) == (record.key, record.value)
    assert outgoing.headers == (*TRACE, ("sluice-replayed-from", b"moderation.dead-letters[1]@17"))


async def test_bytes_that_were_replaced_are_not_given_out(store: ObjectStore, tmp_path: Path) -> None:
    letter = await buried(store, stranger())
    (tmp_path / dead_letter_key(hashlib.sha256(VALUE).digest())).write_bytes(b"not a REQUEST")
    with pytest.raises(DigestMismatchError):
        await original(letter.letter, store, found_in_log(None))


async def test_a_reference_to_other_bytes_than_the_letters_is_refused(store: ObjectStore) -> None:
    letter = await buried(store, stranger())
    other = await buried(store, stranger(b"other bytes!!"))
    letter.letter.value.CopyFrom(other.letter.value)
    with pytest.raises(TerminalError, match="not the record"):
        await original(letter.letter, store, found_in_log(None))


async def test_without_a_copy_the_log_is_asked(store: ObjectStore) -> None:
    record = stranger()
    letter = DeadLetter(topic=record.topic, partition=2, offset=9, size_bytes=len(VALUE))
    assert await original(letter, store, found_in_log(record)) == VALUE
    with pytest.raises(TerminalError, match=r"moderation.requests\[2\] does not keep offset 9 any more"):
        await original(letter, store, found_in_log(None))
    letter.size_bytes = 1
    with pytest.raises(TerminalError, match="not the record"):
        await original(letter, store, found_in_log(record))


def test_a_conflict_and_what_is_believed_as_it_lies_are_refused() -> None:
    conflict = DeadLetter(reason=DEAD_LETTER_REASON_CONFLICT, topic=Topic.CONTENTS)
    assert "under a new id" in str(refusal(conflict))
    for topic in Topic:
        letter = DeadLetter(reason=DEAD_LETTER_REASON_INTERNAL, topic=topic)
        assert (refusal(letter) is None) == (topic in REPLAYABLE)
    assert not REPLAYABLE & {Topic.DECISIONS, Topic.SIGNED, Topic.VERDICTS, Topic.INCIDENTS, Topic.DEAD_LETTERS}
    assert refusal(DeadLetter(reason=DEAD_LETTER_REASON_INTERNAL, topic="somebody.elses")) is not None


def test_a_record_that_was_replayed_in_vain_is_replayed_once() -> None:
    def letter(offset: int, at_ms: int, sha256: bytes = b"1", about: int = 0) -> Letter:
        found = DeadLetter(topic=Topic.REQUESTS, partition=0, offset=about, sha256=sha256)
        return Letter(0, offset, at_ms, b"key", (), found)

    found = distinct(
        [letter(3, 30), letter(1, 10), letter(2, 20, sha256=b"2"), letter(4, 40, b"", 7), letter(5, 50, b"", 8)]
    )
    assert [each.offset for each in found] == [2, 3, 4, 5]


def test_a_record_that_is_no_letter_is_told_apart() -> None:
    assert Letter.of(Record(Topic.DEAD_LETTERS, 0, 0, b"", b"\xff\xff\xff", 0)) is None
