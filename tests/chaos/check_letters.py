"""What cannot be handled becomes one dead letter, nothing else does; each known match is one incident."""

from collections import Counter
from collections.abc import Iterator

from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT, DeadLetter
from tests.chaos.history import History, Place
from tests.chaos.objections import Kind, Objection


def check_letters(history: History) -> Iterator[Objection]:
    """Objections to dead letters."""
    poison = set(history.poison)
    lettered = {_place(letter.message) for letter in history.dead_letters}
    for place in poison - lettered:
        yield Objection(Kind.UNLETTERED, _words(place), "no dead letter")
    conflicts: dict[str, set[Place]] = {}
    for letter in history.dead_letters:
        message = letter.message
        place = _place(message)
        if message.reason == DEAD_LETTER_REASON_CONFLICT:
            conflicts.setdefault(message.request_id, set()).add(place)
        elif place not in poison:
            detail = f"a dead letter of {message.service} for a record in order: {message.detail}"
            yield Objection(Kind.UNLETTERED, _words(place), detail)
    for asked in history.asked.values():
        found = conflicts.pop(asked.request_id, set())
        if asked.certain and len(found) < asked.conflicts:
            yield Objection(Kind.UNLETTERED, asked.request_id, f"{len(found)} of {asked.conflicts} conflicts")
        if found and not asked.conflicts:
            yield Objection(Kind.UNLETTERED, asked.request_id, "a conflict that nobody made")
    for request_id in conflicts:
        yield Objection(Kind.UNLETTERED, request_id, "a conflict about what nobody asked")
    copies = Counter((letter.message.service, _place(letter.message)) for letter in history.dead_letters)
    for (service, place), count in copies.items():
        if count > 1:
            yield Objection(Kind.LETTERS_DOUBLED, _words(place), f"{count} dead letters of {service}")


def check_incidents(history: History) -> Iterator[Objection]:
    """Objections to incidents: exactly one per match with the test bank, and none beside."""
    found = Counter(incident.message.request_id for incident in history.incidents)
    for asked in history.asked.values():
        count = found.pop(asked.request_id, 0)
        if count != asked.incidents and (asked.certain or count > asked.incidents):
            yield Objection(Kind.INCIDENT, asked.request_id, f"{count} incidents, not {asked.incidents}")
    for request_id in found:
        yield Objection(Kind.INCIDENT, request_id, "an incident of what nobody asked")
    for incident in history.incidents:
        if not incident.message.test or not incident.message.contents:
            yield Objection(Kind.INCIDENT, incident.message.request_id, "not marked as a test's")


def _place(letter: DeadLetter) -> Place:
    return Place(letter.topic, letter.partition, letter.offset)


def _words(place: Place) -> str:
    return f"{place.topic}-{place.partition}@{place.offset}"
