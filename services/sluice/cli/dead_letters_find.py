"""Which dead letters a command is about."""

import asyncio
import heapq
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.bus.dead_letters_log import Letter, read_dead_letters
from sluice.bus.find import finder
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.cli.tell import refuse, say
from sluice.contract.names import number_of, short_names
from sluice.errors import TerminalError
from sluice.ids import parse_request_id
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DeadLetterReason

_SPAN: Final = re.compile(r"(\d{1,6})([smhd])")
_UNIT_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PLACE: Final = re.compile(r"(\d{1,9}):(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`reason`: a DeadLetterReason; `since_ms`: milliseconds since the epoch, 0: from the beginning."""

    reason: int | None = None
    since_ms: int = 0
    request_id: str | None = None

    def __contains__(self, letter: Letter) -> bool:
        return self.reason in {None, letter.letter.reason} and self.request_id in {None, letter.letter.request_id}


@dataclass(frozen=True, slots=True)
class Which:
    """Letters by name. `places`: (partition, offset) of the letter itself."""

    places: Sequence[tuple[int, int]]
    request_ids: frozenset[str]


def parse_reason(word: str | None) -> int | None:
    """The number behind a reason's short name. Ends the command for another word."""
    if word is None:
        return None
    number = number_of(DeadLetterReason, word.replace("-", "_"))
    if number is None:
        refuse(f"--reason {word!r} should be one of {', '.join(short_names(DeadLetterReason))}")
    return number


def parse_id(text: str | None) -> str | None:
    """The request id in canonical form. Ends the command for what is none."""
    request_id = parse_request_id(text) if text is not None else None
    if text is not None and request_id is None:
        refuse(f"{text!r} is not a request id: a UUID in text form")
    return request_id


def parse_since(span: str | None) -> int:
    """How long ago that was, as milliseconds since the epoch; 0 for None. Ends the command for another form."""
    if span is None:
        return 0
    found = _SPAN.fullmatch(span)
    if found is None:
        refuse(f"--since {span!r} should be a number with s, m, h or d, such as 12h")
    return max(1, int(time.time() * 1000) - int(found[1]) * _UNIT_MS[found[2]])


def selected(kafka: KafkaSettings, wanted: Wanted) -> Iterator[Letter]:
    """The letters that the topic holds and that are wanted, in no particular order."""
    for record in read_dead_letters(kafka, wanted.since_ms):
        letter = Letter.of(record)
        if letter is None:
            say(f"{Topic.DEAD_LETTERS}[{record.partition}]@{record.offset} is not a dead letter")
        elif letter in wanted:
            yield letter


def newest(letters: Iterable[Letter], limit: int) -> tuple[list[Letter], int]:
    """The newest `limit` of them, newest first, and how many more there are. Holds no more than `limit` at once."""
    kept: list[tuple[int, int, int, Letter]] = []
    count = 0
    for letter in letters:
        count += 1
        item = (letter.at_ms, letter.partition, letter.offset, letter)
        if len(kept) < limit:
            heapq.heappush(kept, item)
        else:
            heapq.heappushpop(kept, item)
    return [item[3] for item in sorted(kept, key=lambda item: item[:3], reverse=True)], count - len(kept)


def parse_which(words: Sequence[str]) -> Which:
    """Letters that were named. Ends the command for a word that is neither a place nor a request id."""
    places: list[tuple[int, int]] = []
    ids: set[str] = set()
    for word in words:
        place, request_id = _PLACE.fullmatch(word), parse_request_id(word)
        if place is not None:
            places.append((int(place[1]), int(place[2])))
        elif request_id is not None:
            ids.add(request_id)
        else:
            refuse(f"{word!r} is neither PARTITION:OFFSET nor a request id")
    return Which(tuple(places), frozenset(ids))


def named(kafka: KafkaSettings, which: Which) -> list[Letter]:
    """The letters at these places, and all that are about these requests. Raises TerminalError where one has none."""
    found = [_at(kafka, partition, offset) for partition, offset in which.places]
    if which.request_ids:
        about = [letter for letter in selected(kafka, Wanted()) if letter.letter.request_id in which.request_ids]
        missing = which.request_ids - {letter.letter.request_id for letter in about}
        if missing:
            raise TerminalError(f"no dead letter is about {', '.join(sorted(missing))}")
        found += sorted(about, key=lambda letter: letter.at_ms)
    return found


def _at(kafka: KafkaSettings, partition: int, offset: int) -> Letter:
    async def find() -> Record | None:
        return await finder(kafka)(Topic.DEAD_LETTERS, partition, offset)

    record = asyncio.run(find())
    letter = Letter.of(record) if record is not None else None
    if letter is None:
        raise TerminalError(f"there is no dead letter at {partition}:{offset}")
    return letter
