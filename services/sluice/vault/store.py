"""The vault: preserve, read, hold, release, expire. Everything blocks; call it in a thread.

What happens to evidence is a sealed record, created under the next free number: of two who decide at once one is
second, reads again and decides anew. Then the record's line goes into the audit log; a record without one was left by
a crash, and whoever reads it next adds the line. Nothing is deleted before the log says so, and nothing counts as
preserved before the log does; so of a preserve and a destruction of the same bytes at once, one is before the other
for everybody.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sluice.errors import RetryableError
from sluice.objects import NotFoundError
from sluice.vault.audit import AuditLog, Said
from sluice.vault.entry import Action
from sluice.vault.envelope import MOST_BYTES
from sluice.vault.errors import RefusedError, TamperedError, UnknownEvidenceError
from sluice.vault.events import (
    Cause,
    Destroying,
    Event,
    Held,
    HoldLifted,
    Kept,
    ReleaseAsked,
    Reported,
    action,
    why,
)
from sluice.vault.facts import Facts
from sluice.vault.folder import Folder, Record
from sluice.vault.holds import (
    REPORT_HOLD,
    Standing,
    awaited,
    declined,
    due,
    expires_at_ms,
    held,
    released,
    standing,
)
from sluice.vault.index import About, Index
from sluice.vault.keys import KeyWrapper
from sluice.vault.people import People, line, reason
from sluice.vault.root import Root
from sluice.vault.shelf import Shelf

REPORTER = "reporter"
_TRIES = 32
_DAY_MS = 86_400_000
_LONGEST_MS = 100 * 366 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Evidence:
    """One original, whichever incidents it belongs to. `id` tells nobody what it is."""

    id: str
    generation: int
    kept_at_ms: int
    standing: Standing

    @property
    def expires_at_ms(self) -> int | None:
        """When it is destroyed; None: not before people decide so, or its report is finished."""
        return expires_at_ms(self.standing)

    def has(self, incident_id: str) -> bool:
        """Whether it is kept for this incident."""
        return any(one.facts.incident_id == incident_id for one in self.standing.kept)


class Vault:
    """Threads share one; processes share a shelf. Every method raises RetryableError (do it again; that is safe),
    TamperedError, MissingKeyError or NotReadyError beside what it says."""

    def __init__(
        self, shelf: Shelf, wrapper: KeyWrapper, root: Root, log: AuditLog, people: People, now_ms: Callable[[], int]
    ) -> None:
        """See `sluice.vault.opened`."""
        self.shelf = shelf
        self.wrapper = wrapper
        self.log = log
        self._root = root
        self._people = people
        self._now_ms = now_ms

    def name(self, sha256: bytes) -> str:
        """The id under which bytes with this SHA-256 are kept."""
        return self._root.name(sha256)

    def keep(self, data: bytes, facts: Facts, who: str = REPORTER) -> Evidence:
        """Keeps an original for an incident; by the same bytes and incident, once. When this returns, it was read
        back and the audit log has it.

        Raises ValueError where the facts name other bytes, or there are more than 64 MiB.
        """
        sha256 = hashlib.sha256(data).digest()
        if sha256.hex() != facts.sha256 or len(data) > MOST_BYTES:
            raise ValueError("the facts are not about these bytes, or there are too many")
        evidence = self.name(sha256)
        for _ in range(_TRIES):
            records, folder = self._load(evidence)
            try:
                key = folder.keys.made()
                folder.put_body(key, data)
                added = _kept(records, facts) or folder.add(key, len(records) + 1, Kept(self._now_ms(), who, facts))
            except TamperedError:
                if not self._over(folder):
                    raise
                added = False
            if added:
                records, after = self._load(evidence)
                if after.generation == folder.generation and _kept(records, facts):
                    return _evidence(after, records)
            if self._over(folder):
                folder.remove()  # it was destroyed meanwhile, and what was just written belongs to nothing
        raise RetryableError("the vault: others are always faster")

    def keep_again(self, sha256: bytes, facts: Facts, who: str = REPORTER) -> Evidence:
        """`keep` where the bytes are nowhere but in the vault. Raises UnknownEvidenceError where they are not."""
        if sha256.hex() != facts.sha256:
            raise ValueError("the facts are about other bytes")

        def decide(now: Standing) -> Event | None:
            known = any(one.facts.key == facts.key for one in now.kept)
            return None if known else Kept(self._now_ms(), who, facts)

        found = self._change(self.name(sha256), decide)
        self.check(found.id)
        return found

    def reported(self, evidence: str, incident_id: str, report_id: str, at_ms: int, who: str = REPORTER) -> Evidence:
        """The report on an incident is finished: the year begins, at `at_ms`, or when the evidence was kept if that
        is later. Again is fine. Raises UnknownEvidenceError, RefusedError where it is not kept for that incident."""

        def decide(now: Standing) -> Event | None:
            if all(one.facts.incident_id != incident_id for one in now.kept):
                raise RefusedError(f"{evidence} is not kept for that incident")
            if incident_id in now.reports:
                return None
            if not 0 < at_ms < self._now_ms() + _DAY_MS:
                raise RefusedError("a report is not finished in the future")
            return Reported(self._now_ms(), who, incident_id, report_id, at_ms)

        return self._change(evidence, decide)

    def await_report(self, evidence: str, incident_id: str, who: str = REPORTER) -> Evidence:
        """Holds it until `reported` or `declined`, whichever comes: what is over is not held again. Again is fine.
        Raises UnknownEvidenceError."""

        def decide(now: Standing) -> Event | None:
            return awaited(now, incident_id, Held(self._now_ms(), who, "its report is not finished", "", 0))

        return self._change(evidence, decide)

    def declined(self, evidence: str, incident_id: str, person: str, why: str, who: str = REPORTER) -> Evidence:
        """There will be no report: a person released the incident, and two people may destroy the evidence. Again is
        fine; so is an incident that is reported, which changes nothing. Raises UnknownEvidenceError."""

        def decide(now: Standing) -> Event | None:
            return declined(now, incident_id, HoldLifted(self._now_ms(), who, line(why), "", line(person)))

        return self._change(evidence, decide)

    def show(self, evidence: str, who: str, why: str) -> Evidence:
        """What is known of it; logged. Raises UnknownEvidenceError, RefusedError."""
        said = Said(self._people.person(who), Action.SHOWN, evidence, why=reason(why))
        records, folder = self._require(evidence)
        self.log.append(said)
        return _evidence(folder, records)

    def read(self, evidence: str, who: str, why: str) -> bytes:
        """The original; logged before it is opened. Raises UnknownEvidenceError, RefusedError."""
        return self.read_for_report(evidence, why, self._people.person(who))

    def read_for_report(self, evidence: str, report: str, who: str = REPORTER) -> bytes:
        """The original, for the report that it goes into; logged before it is opened. Raises UnknownEvidenceError."""
        said = Said(who, Action.READ, evidence, why=reason(report))
        _, folder = self._require(evidence)
        self.log.append(said)
        return self._body(folder)

    def check(self, evidence: str) -> Evidence:
        """Opens the original and gives nothing out. Raises UnknownEvidenceError."""
        records, folder = self._require(evidence)
        self._body(folder)
        return _evidence(folder, records)

    def hold(self, evidence: str, hold: str, until_ms: int, who: str, why: str) -> Evidence:
        """A legal hold by a name; `until_ms` 0: without an end. One that stands can be made longer.

        Raises UnknownEvidenceError, RefusedError.
        """
        person, text = self._people.person(who), reason(why)
        name = reason(hold)
        if name.startswith(REPORT_HOLD):
            raise RefusedError(f"a hold whose name begins with {REPORT_HOLD.strip()!r} is the reporter's own")

        def decide(now: Standing) -> Event | None:
            at = self._now_ms()
            if until_ms and not at < until_ms < at + _LONGEST_MS:
                raise RefusedError("a hold ends later than now, and within a hundred years; or has no end")
            return held(now, Held(at, person, text, name, until_ms))

        return self._change(evidence, decide)

    def release(self, evidence: str, who: str, why: str, hold: str = "") -> Evidence | None:
        """One of the two people that it takes to lift a hold or, without one, to destroy the evidence. None: it is
        destroyed. The same person twice changes nothing; the request stays for 24 hours.

        Raises UnknownEvidenceError, RefusedError where a hold stands.
        """
        person, text = self._people.person(who), reason(why)

        def decide(now: Standing) -> Event | None:
            return released(now, ReleaseAsked(self._now_ms(), person, text, hold), self._people)

        return self._change_or_end(evidence, decide)

    def expire(self, evidence: str, who: str = REPORTER) -> bool:
        """Destroys it if its time is over. Raises UnknownEvidenceError."""

        def decide(now: Standing) -> Event | None:
            at = self._now_ms()
            return Destroying(at, who, "its time is over", Cause.EXPIRED, "") if due(now, at) else None

        return self._change_or_end(evidence, decide) is None

    def ids(self) -> list[str]:
        """Of all evidence that there is, or should be, in order."""
        index = self.log.look()
        live = {one for one in index.ids() if index.of(one).records}
        for key in self.shelf.keys_now("evidence"):
            _, evidence, generation, *_ = (*key.split("/"), "", "")
            if generation == f"{index.of(evidence).generation:012d}":
                live.add(evidence)
        return sorted(live)

    def find(self, evidence: str) -> Evidence | None:
        """What is known of it, for the machinery: not logged. None where there is nothing."""
        records, folder = self._load(evidence)
        return _evidence(folder, records) if records else None

    def _change(self, evidence: str, decide: Callable[[Standing], Event | None]) -> Evidence:
        found = self._change_or_end(evidence, decide)
        if found is None:
            raise UnknownEvidenceError(f"{evidence} was destroyed")
        return found

    def _change_or_end(self, evidence: str, decide: Callable[[Standing], Event | None]) -> Evidence | None:
        for _ in range(_TRIES):
            records, folder = self._require(evidence)
            event = decide(standing(one.event for one in records))
            if event is None:
                return _evidence(folder, records)
            if folder.add(folder.data_key(), len(records) + 1, event):
                records, after = self._load(evidence)
                if after.generation == folder.generation:
                    return _evidence(after, records)
                folder.remove()  # it was destroyed, and what was written just now belongs to nothing
                if isinstance(event, Destroying):
                    return None
                raise UnknownEvidenceError(f"{evidence} was destroyed meanwhile")
        raise RetryableError("the vault: others are always faster")

    def _over(self, folder: Folder) -> bool:
        return self.log.look().of(folder.evidence).generation != folder.generation

    def _require(self, evidence: str) -> tuple[tuple[Record, ...], Folder]:
        records, folder = self._load(evidence)
        if not records:
            raise UnknownEvidenceError(f"the vault holds no {evidence}")
        return records, folder

    def _load(self, evidence: str) -> tuple[tuple[Record, ...], Folder]:
        """The records of the generation that counts, each with its line in the log; a destruction that was begun is
        ended first."""
        for _ in range(_TRIES):
            about = self.log.look().of(evidence)
            for generation in about.unfinished:
                self.end(Folder(self.shelf, self.wrapper, evidence, generation))
            folder = Folder(self.shelf, self.wrapper, evidence, about.generation)
            try:
                records = folder.load(about)
            except (TamperedError, NotFoundError) as error:
                if self._over(folder):
                    continue
                if isinstance(error, NotFoundError):
                    raise TamperedError(f"a part of {evidence} went away while it was read") from None
                raise
            if self._settle(folder, records, about):
                return records, folder
        raise RetryableError("the vault: others are always faster")

    def _settle(self, folder: Folder, records: tuple[Record, ...], about: About) -> bool:
        """Writes the lines that are missing; False where this generation is over."""
        for one in records:
            if one.number in about.records:
                continue
            kind = Action(action(one.event))
            said = Said(
                one.event.who, kind, folder.evidence, folder.generation, one.number, one.sha256, why(one.event)
            )
            self.log.append(said, partial(_settled, folder, one.number))
        return not self._over(folder)

    def end(self, folder: Folder) -> None:
        """Removes what the log says is to be destroyed, and says that it is done."""
        folder.remove()
        said = Said(REPORTER, Action.DESTROYED, folder.evidence, folder.generation)
        self.log.append(said, lambda index: folder.generation not in index.of(folder.evidence).unfinished)

    def _body(self, folder: Folder) -> bytes:
        try:
            data = folder.body(folder.data_key())
        except TamperedError:
            if self._over(folder):
                raise UnknownEvidenceError(f"{folder.evidence} was destroyed meanwhile") from None
            raise
        if self.name(hashlib.sha256(data).digest()) != folder.evidence:
            raise TamperedError(f"the original of {folder.evidence} is another one")
        return data


def _settled(folder: Folder, number: int, index: Index) -> bool:
    about = index.of(folder.evidence)
    return about.generation != folder.generation or number in about.records


def _kept(records: tuple[Record, ...], facts: Facts) -> bool:
    return any(isinstance(one.event, Kept) and one.event.facts.key == facts.key for one in records)


def _evidence(folder: Folder, records: tuple[Record, ...]) -> Evidence:
    return Evidence(
        folder.evidence, folder.generation, records[0].event.at_ms, standing(one.event for one in records)
    )
