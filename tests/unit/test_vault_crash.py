"""A process that dies, or hears no answer, at every single write: whoever does it again ends where one ends that
never failed, and in between nothing is lost."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sluice.errors import RetryableError
from sluice.vault.entry import Action, Head
from sluice.vault.errors import UnknownEvidenceError
from sluice.vault.holds import Standing, year_after
from sluice.vault.key_file import FileKeys
from sluice.vault.opened import vault_on
from sluice.vault.store import Vault
from sluice.vault.upkeep import expire, rewrap, verify
from tests.unit.vault_shelf import BOTH, DATA, DAY, NOW, Died, Faulty, LostAnswerError, MemoryAnchor, Place, facts

MOST_WRITES = 40
AGAIN = frozenset({Action.READ, Action.SHOWN, Action.REWRAPPED})
"""What may be logged once more when it is done once more."""


@dataclass
class FaultyAnchor(MemoryAnchor):
    """Its writes are counted like those of the shelf."""

    kind: MemoryAnchor | None = None
    shelf: Faulty | None = None

    def head(self) -> Head:
        assert self.kind is not None
        return self.kind.head()

    def advance(self, head: Head) -> None:
        kind, shelf = self.kind, self.shelf
        assert kind is not None
        assert shelf is not None
        shelf._around(lambda: kind.advance(head))


def empty(place: Place) -> None:
    pass


def begun(place: Place) -> None:
    place.vault()


def kept(place: Place) -> None:
    place.vault().keep(DATA, facts())


def reported(place: Place) -> None:
    kept(place)
    place.vault().reported(name(place), "incident-1", "77", NOW)


def due(place: Place) -> None:
    reported(place)
    place.now = year_after(NOW) + DAY


def held(place: Place) -> None:
    reported(place)
    place.vault().hold(name(place), "case-7", 0, "ann", "x")


def asked(place: Place) -> None:
    kept(place)
    place.vault().release(name(place), "ann", "x")


def lifting(place: Place) -> None:
    held(place)
    place.vault().release(name(place), "ann", "x", "case-7")


def awaited(place: Place) -> None:
    kept(place)
    place.vault().await_report(name(place), "incident-1")


def destroyed(place: Place) -> None:
    due(place)
    expire(place.vault())


def rotated(place: Place) -> None:
    held(place)
    place.keys = dict(BOTH)


def name(place: Place) -> str:
    return place.vault().name(bytes.fromhex(facts().sha256))


Op = Callable[[Vault, str], object]
CASES: dict[str, tuple[Callable[[Place], None], Op]] = {
    "begin the vault": (empty, lambda vault, _: vault.ids()),
    "keep": (begun, lambda vault, _: vault.keep(DATA, facts())),
    "keep for a second incident": (kept, lambda vault, _: vault.keep(DATA, facts(incident="incident-2"))),
    "keep without the bytes": (
        kept,
        lambda vault, _: vault.keep_again(bytes.fromhex(facts().sha256), facts(incident="incident-2")),
    ),
    "report": (kept, lambda vault, one: vault.reported(one, "incident-1", "77", NOW)),
    "await the report": (kept, lambda vault, one: vault.await_report(one, "incident-1")),
    "report what was awaited": (awaited, lambda vault, one: vault.reported(one, "incident-1", "77", NOW)),
    "decline": (awaited, lambda vault, one: vault.declined(one, "incident-1", "ann", "no match")),
    "hold": (reported, lambda vault, one: vault.hold(one, "case-7", 0, "ann", "x")),
    "ask": (kept, lambda vault, one: vault.release(one, "ann", "x")),
    "release": (asked, lambda vault, one: vault.release(one, "bob", "x")),
    "lift": (lifting, lambda vault, one: vault.release(one, "bob", "x", "case-7")),
    "expire": (due, lambda vault, _: expire(vault)),
    "keep after a destruction": (destroyed, lambda vault, _: vault.keep(DATA, facts(incident="incident-2"))),
    "rewrap": (rotated, lambda vault, _: rewrap(vault)),
    "read": (kept, lambda vault, one: vault.read(one, "ann", "x")),
}


def ended(place: Place) -> tuple[Standing | None, list[Action], list[str]]:
    """Where it stands, what was logged, and the kinds of objects that are there."""
    vault = place.vault()
    found = vault.find(name(place))
    done = verify(vault)
    assert done.failed == {}
    actions = [one for one in place.actions() if one not in AGAIN]
    objects = sorted(key.split("/", 2)[-1] for key in place.shelf.objects if not key.startswith("audit/"))
    return (found.standing if found else None), actions, objects


def run(place: Place, op: Op, shelf: Faulty) -> bool:
    """Whether it failed, as it was told to."""
    keys = FileKeys(place.keys, list(place.keys)[-1], "the key file")
    anchor = FaultyAnchor(kind=place.anchor, shelf=shelf)
    one = name(place) if place.shelf.objects else ""
    try:
        op(vault_on(shelf, keys, anchor, place.people, lambda: place.now), one)
    except (Died, RetryableError):
        return True
    return False


@pytest.mark.parametrize("fault", [Died, LostAnswerError])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("case", CASES)
def test_again_after_a_failure_at_every_write(case: str, after: bool, fault: type[BaseException]) -> None:
    begin, op = CASES[case]
    right = Place()
    begin(right)
    was_there = right.shelf.find("/body/")
    op(right.vault(), name(right))
    wanted = ended(right)
    for at in range(MOST_WRITES):
        place = Place()
        begin(place)
        failed = run(place, op, place.faulty(at, after, fault))
        if case != "begin the vault" and fault is Died:
            _nothing_is_lost(place, bool(was_there) and case not in {"release", "expire"})
        try:
            op(place.vault(), name(place))
        except UnknownEvidenceError:
            assert case == "release"
        assert ended(place) == wanted
        if not failed:
            break
    assert not failed
    assert at >= {"begin the vault": 1, "read": 2}.get(case, 3)


def _nothing_is_lost(place: Place, there: bool) -> None:
    """Right after the failure, in another process: the evidence that was there is, or its destruction is logged."""
    vault = place.vault()
    evidence = name(place)
    if there:
        assert vault.read(evidence, "eve", "still there?") == DATA
        return
    if vault.log.look().of(evidence).records:
        try:
            vault.check(evidence)
        except UnknownEvidenceError:
            # The decision was written down, so whoever comes next carries it out.
            assert place.actions()[-2:] == [Action.DESTROYING, Action.DESTROYED]


@pytest.mark.parametrize("seed", range(60))
def test_again_and_again_until_it_is_through(seed: int) -> None:
    """A store that fails at every third write on the whole way from the first byte to the destruction."""
    place = Place()
    writes = [seed]

    class Bad(Faulty):
        def _around(self, effect: Callable[[], object]) -> object:
            writes[0] = (writes[0] * 1103515245 + 12345) % (1 << 31)
            kind = writes[0] >> 16 & 7
            if kind == 0:
                raise LostAnswerError
            found = effect()
            if kind == 1:
                raise LostAnswerError
            if kind == 2:
                raise Died
            return found

    def insist(op: Op) -> None:
        for _ in range(300):
            shelf = Bad(place.shelf.objects, place.shelf.lock)
            try:
                if not run(place, op, shelf):
                    return
            except UnknownEvidenceError:
                return
        raise AssertionError("it never got through")

    insist(lambda vault, _: vault.keep(DATA, facts()))
    insist(lambda vault, one: vault.reported(one, "incident-1", "77", NOW))
    insist(lambda vault, one: vault.hold(one, "case-7", 0, "ann", "x"))
    insist(lambda vault, one: vault.release(one, "ann", "x", "case-7"))
    insist(lambda vault, one: vault.release(one, "bob", "x", "case-7"))
    place.keys = dict(BOTH)
    insist(lambda vault, _: rewrap(vault))
    assert place.vault().read(name(place), "eve", "still there?") == DATA
    place.now = year_after(NOW) + DAY
    insist(lambda vault, _: expire(vault))
    insist(lambda vault, _: vault.keep(DATA, facts(incident="incident-2")))
    expire(place.vault())
    standing, actions, objects = ended(place)
    assert standing is not None
    assert [one.facts.incident_id for one in standing.kept] == ["incident-2"]
    once = [one for one in actions if one is not Action.RELEASE_ASKED]
    assert once == [
        Action.KEPT,
        Action.REPORTED,
        Action.HELD,
        Action.HOLD_LIFTED,
        Action.DESTROYING,
        Action.DESTROYED,
        Action.KEPT,
    ]
    assert len([key for key in objects if "body" in key]) == 1
