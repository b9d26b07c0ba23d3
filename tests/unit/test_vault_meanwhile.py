"""All of the evidence is destroyed between two steps of something else: each such moment by itself."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from sluice.vault.entry import Action
from sluice.vault.errors import RefusedError, UnknownEvidenceError
from sluice.vault.upkeep import rewrap, verify
from tests.unit.vault_shelf import BOTH, DATA, MemoryShelf, Place, facts


@dataclass
class Between(MemoryShelf):
    """Just before, or after, the first creation, or reading, of a key that has `part` in it, `meanwhile` happens."""

    part: str = ""
    after: bool = False
    meanwhile: Callable[[], object] | None = None

    def _now(self, key: str, after: bool) -> None:
        if self.meanwhile is not None and self.part in key and after == self.after:
            work, self.meanwhile = self.meanwhile, None
            work()

    def create_now(self, key: str, data: bytes) -> bool:
        self._now(key, after=False)
        made = super().create_now(key, data)
        self._now(key, after=True)
        return made

    def read_now(self, key: str, limit: int) -> bytes:
        self._now(key, after=False)
        found = super().read_now(key, limit)
        self._now(key, after=True)
        return found


@pytest.fixture
def place() -> Place:
    """With evidence that one of two people has released."""
    place = Place()
    evidence = place.vault().keep(DATA, facts()).id
    place.vault().release(evidence, "ann", "x")
    return place


def between(place: Place, part: str, after: bool) -> Between:
    evidence = place.vault().ids()[0]

    def destroy() -> None:
        # Whoever was faster with a new incident has made the first half void: then it takes both again.
        place.vault().release(evidence, "ann", "x")
        assert place.vault().release(evidence, "bob", "x") is None

    return Between(place.shelf.objects, place.shelf.lock, part, after, destroy)


def tidy(place: Place) -> bool:
    """Whether there is nothing but the generation that counts, and all of it is sound."""
    vault = place.vault()
    evidence = vault.name(bytes.fromhex(facts().sha256))
    counts = f"evidence/{evidence}/{vault.log.look().of(evidence).generation:012d}/"
    return not verify(vault).failed and all(key.startswith(counts) for key in place.shelf.find("evidence/"))


MOMENTS = [
    (part, after) for part in ("/key/", "/body/", "/record/000003", "audit/000000000003") for after in (False, True)
]
moments = pytest.mark.parametrize(("part", "after"), MOMENTS)


@moments
def test_what_is_kept_meanwhile_is_kept(place: Place, part: str, after: bool) -> None:
    shelf = between(place, part, after)
    found = place.vault(shelf).keep(DATA, facts(incident="incident-2"))
    assert shelf.meanwhile is None
    assert found.has("incident-2")
    assert place.vault().read(found.id, "eve", "x") == DATA
    assert Action.DESTROYED in place.actions()
    assert tidy(place)


@pytest.mark.parametrize(("part", "after"), [("/key/", False), ("/key/", True), ("/record/000003", False)])
def test_a_hold_that_comes_too_late_is_refused_and_leaves_nothing(place: Place, part: str, after: bool) -> None:
    evidence = place.vault().ids()[0]
    shelf = between(place, part, after)
    with pytest.raises(UnknownEvidenceError):
        place.vault(shelf).hold(evidence, "case-7", 0, "eve", "x")
    assert shelf.meanwhile is None
    assert place.shelf.find("evidence/") == []


@pytest.mark.parametrize(
    ("part", "after"), [("/record/000003", True), ("audit/000000000003", False), ("audit/000000000003", True)]
)
def test_a_hold_that_comes_in_time_stands(place: Place, part: str, after: bool) -> None:
    evidence = place.vault().ids()[0]
    told: list[str] = []

    def destroy() -> None:
        try:
            place.vault().release(evidence, "bob", "x")
        except RefusedError as error:
            told.append(str(error))

    shelf = Between(place.shelf.objects, place.shelf.lock, part, after, destroy)
    assert place.vault(shelf).hold(evidence, "case-7", 0, "eve", "x").standing.holds.keys() == {"case-7"}
    assert told == ["a legal hold stands (case-7): two people have to lift it first"]
    assert tidy(place)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("part", ["/key/000001", "/key/000002"])
def test_a_rewrap_meanwhile_leaves_no_key(place: Place, part: str, after: bool) -> None:
    place.keys = dict(BOTH)
    shelf = between(place, part, after)
    done = rewrap(place.vault(shelf))
    assert shelf.meanwhile is None
    assert done.done == ()
    assert done.failed == {}
    assert place.shelf.find("evidence/") == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("part", ["/key/", "/body/", "/record/000002"])
def test_a_read_meanwhile_says_that_it_was_destroyed(place: Place, part: str, after: bool) -> None:
    evidence = place.vault().ids()[0]
    with suppress(UnknownEvidenceError):
        assert place.vault(between(place, part, after)).read(evidence, "eve", "x") == DATA
    assert place.shelf.find("evidence/") == []
