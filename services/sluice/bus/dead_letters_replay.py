"""The record that a dead letter is about: its bytes, and publishing it once more.

Nothing becomes allowed by it: what is published again goes the whole way again, a request that is decided stays
decided, and a signature still needs its decision.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from sluice.bus.dead_letters_log import Letter
from sluice.bus.find import Find
from sluice.bus.problems import words
from sluice.bus.record import Outgoing
from sluice.bus.topics import Topic
from sluice.errors import RetryableError, TerminalError
from sluice.objects import ObjectStore
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT, DeadLetter

REPLAYED_FROM: Final = "sluice-replayed-from"
"""Header of a record that was published again: the dead letter it came from."""

REPLAYABLE: Final = frozenset(
    {
        Topic.REQUESTS,
        Topic.REQUESTS_BULK,
        Topic.RELEASES,
        Topic.CONTENTS,
        Topic.CONTENTS_BULK,
        Topic.APPROVED,
    }
)
"""Topics that a record may go back to. Never one that is believed as it lies, such as decisions or signed assets."""

_MOST_BYTES: Final = 16 << 20
_FLUSH_SECONDS: Final = 30.0


def refusal(letter: DeadLetter) -> str | None:
    """Why publishing it again could do no good, or None where it could."""
    if letter.reason == DEAD_LETTER_REASON_CONFLICT:
        return "its id belongs to an earlier request, whose decision stands; the sender must ask under a new id"
    if letter.topic not in REPLAYABLE:
        return f"nothing is published to {letter.topic or 'no topic'} again"
    return None


def distinct(letters: Iterable[Letter]) -> list[Letter]:
    """The newest letter of each record, oldest first: one that was replayed in vain has several."""
    newest: dict[tuple[str, int, bytes, bytes], Letter] = {}
    for each in sorted(letters, key=lambda letter: letter.at_ms):
        what = each.letter.sha256 or str(each.letter.offset).encode()
        newest[each.letter.topic, each.letter.partition, each.key, what] = each
    return sorted(newest.values(), key=lambda letter: letter.at_ms)


async def original(letter: DeadLetter, store: ObjectStore, find: Find) -> bytes:
    """The record's value: from the object store, or from the log where the letter has no copy.

    Raises the errors of `ObjectStore.get`, TerminalError where the bytes are not kept any more or are not the
    letter's, RetryableError.
    """
    if letter.value.uri:
        data = await store.get(letter.value, _MOST_BYTES)
    else:
        record = await find(letter.topic, letter.partition, letter.offset)
        if record is None:
            raise TerminalError(f"{letter.topic}[{letter.partition}] does not keep offset {letter.offset} any more")
        data = record.value
    same = not letter.sha256 or hashlib.sha256(data).digest() == letter.sha256
    if not same or len(data) != letter.size_bytes:
        raise TerminalError("what is kept is not the record that the letter is about")
    return data


def again(letter: Letter, value: bytes) -> Outgoing:
    """The record as it was: topic, partition number, key and trace context, and where it comes from."""
    source = f"{Topic.DEAD_LETTERS}[{letter.partition}]@{letter.offset}"
    headers = (*letter.trace, (REPLAYED_FROM, source.encode()))
    return Outgoing(letter.letter.topic, letter.letter.partition, letter.key, value, headers)


def publish(producer: Producer, outgoing: Outgoing) -> int:
    """The record's new offset, once the broker has it. RetryableError where it does not take it."""
    outcome: list[KafkaError | int] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        outcome.append(error if error is not None else message.offset() or 0)

    try:
        producer.produce(
            outgoing.topic,
            value=outgoing.value,
            key=outgoing.key,
            partition=outgoing.partition,
            headers=list(outgoing.headers),
            on_delivery=delivered,
        )
        producer.flush(_FLUSH_SECONDS)
    except KafkaException as error:
        raise RetryableError(f"the broker did not take the record: {words(error.args[0], outgoing.topic)}") from error
    if not outcome or isinstance(outcome[0], KafkaError):
        why = words(outcome[0], outgoing.topic) if outcome and isinstance(outcome[0], KafkaError) else "no answer"
        raise RetryableError(f"the broker did not take the record: {why}")
    return outcome[0]
