"""Finds the names of lists in a text, and whether a style is asked for: microseconds for thousands of names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ahocorasick_rs import AhoCorasick

from sluice.names.forms import bare, edged, forms, open_ended, plain
from sluice.names.lists import Entry, ListKind, NameList, digest_of
from sluice.names.style import Said
from sluice.text.folding import fold

MOST_MATCHES: Final = 32
"""Entries reported for one text; those whose style is asked for come first."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """An entry that a text names. `style`: the text asks for the person's style, at least in one place."""

    list_name: str
    entry: str
    kind: ListKind
    style: bool
    list_digest: bytes


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Whose name a form is."""

    source: NameList
    entry: Entry
    style_only: bool


class NameMatcher:
    """All lists in one automaton. Immutable after construction; calls may overlap."""

    def __init__(self, lists: Sequence[NameList]) -> None:
        """Takes about a second for 50,000 names. Entries of several lists may share a name: each is reported."""
        self.lists = tuple(sorted(lists, key=lambda one: one.name))
        self.digest = digest_of(self.lists)
        meanings = _meanings(self.lists)
        self._forms = tuple(meanings)
        self._meanings = tuple(meanings.values())
        self._open = tuple(map(open_ended, self._forms))
        self._plural = tuple(" " in form.strip() for form in self._forms)
        self._automaton = AhoCorasick(self._forms) if self._forms else None

    @property
    def version(self) -> str:
        """The first twelve hexadecimal digits of the digest: what a person compares."""
        return self.digest.hex()[:12]

    def find(self, text: str) -> tuple[NameMatch, ...]:
        """The entries that a text names, folded: see `sluice.text.folding.fold`."""
        return self.find_folded([fold(text)])

    def find_folded(self, readings: Iterable[str]) -> tuple[NameMatch, ...]:
        """The entries that are named in any of the readings of one text, all of which `fold` has been through.

        At most `MOST_MATCHES`, styles first, then by list and entry. Of names in one place the longest counts.
        """
        if self._automaton is None:
            return ()
        found: dict[tuple[str, str], NameMatch] = {}
        for reading in readings:
            other = edged(reading)
            for one in (reading,) if other == reading else (reading, other):
                text = bare(one)
                hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
                if hits:
                    self._judge(Said(plain(one)), text, hits, found)
        ordered = sorted(found.values(), key=lambda match: (not match.style, match.list_name, match.entry))
        return tuple(ordered[:MOST_MATCHES])

    def _judge(
        self, said: Said, text: str, hits: Sequence[tuple[int, int, int]], found: dict[tuple[str, str], NameMatch]
    ) -> None:
        """Adds what the hits mean to `found`. From left to right, the longest first: what lies within one that counts
        is a part of that name."""
        reach = begun = 0
        for form, start, end in sorted(hits, key=lambda hit: (hit[1] + (text[hit[1]] == " "), -hit[2])):
            first = start + (text[start] == " ")
            if end < reach or (end == reach and first != begun) or not self._ends(form, text, end):
                continue
            counted = False
            for meaning in self._meanings[form]:
                key = meaning.source.name, meaning.entry.id
                known = found.get(key)
                if known is not None and known.style:
                    counted = True
                    continue
                style = said.asks_for_style(first, end, meaning.style_only)
                if style or not meaning.style_only:
                    counted = True
                    found[key] = NameMatch(*key, meaning.entry.kind, style, meaning.source.digest)
            if counted:
                reach, begun = end, first

    def _ends(self, form: int, text: str, end: int) -> bool:
        """Whether the name ends there: at a word's end, or before the "s" of "the David Hockneys"."""
        if self._open[form] or text[end] == " ":
            return True
        return self._plural[form] and text[end : end + 2] == "s "


def _meanings(lists: Sequence[NameList]) -> Mapping[str, tuple[_Meaning, ...]]:
    """Form -> whose name it is. A form that is both style-only and not for the same entry is not."""
    found: dict[str, dict[tuple[str, str], _Meaning]] = {}
    for one in lists:
        for entry in one.entries:
            for term in sorted(entry.terms, key=lambda term: term.style_only):
                for form in forms(term.text):
                    meaning = _Meaning(one, entry, term.style_only)
                    found.setdefault(form, {}).setdefault((one.name, entry.id), meaning)
    return {form: tuple(found[form].values()) for form in sorted(found)}
