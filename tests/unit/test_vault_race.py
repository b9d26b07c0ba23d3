"""Whatever order several processes come in: what was answered stays true, and no incident's evidence is lost."""

import random
from collections.abc import Callable

import pytest

from sluice.errors import SluiceError
from sluice.vault.entry import Action
from sluice.vault.errors import RefusedError, UnknownEvidenceError
from sluice.vault.holds import year_after
from sluice.vault.store import Vault
from sluice.vault.upkeep import Done, expire, rewrap, verify
from tests.unit.vault_schedule import Schedule, Shared
from tests.unit.vault_shelf import BOTH, DATA, NOW, Place, facts

SEEDS = range(40)
Work = Callable[[Vault, str], object]


def together(place: Place, seed: int, works: dict[str, Work]) -> dict[str, object]:
    """What each came to: its answer, or its refusal."""
    schedule = Schedule(random.Random(seed))
    answers: dict[str, object] = {}
    evidence = place.vault().name(bytes.fromhex(facts().sha256))

    def actor(number: int, title: str, work: Work) -> Callable[[], None]:
        shelf = Shared(place.shelf.objects, place.shelf.lock, schedule, number)

        def run() -> None:
            try:
                answers[title] = work(place.vault(shelf), evidence)
            except SluiceError as error:
                answers[title] = error

        return run

    schedule.run([actor(number, title, work) for number, (title, work) in enumerate(works.items())])
    vault = place.vault()
    assert verify(vault).failed == {}
    about = vault.log.look().of(evidence)
    if not about.unfinished:
        generation = f"evidence/{evidence}/{about.generation:012d}/"
        assert [key for key in place.shelf.find("evidence/") if not key.startswith(generation)] == []
    return answers


def refusals(answers: dict[str, object]) -> list[SluiceError]:
    return [one for one in answers.values() if isinstance(one, SluiceError)]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_bytes_for_three_incidents(seed: int) -> None:
    place = Place()

    def keeping(incident: str) -> Work:
        return lambda vault, _: vault.keep(DATA, facts(incident=incident))

    answers = together(place, seed, {str(number): keeping(f"incident-{number % 3}") for number in range(4)})
    assert refusals(answers) == []
    (evidence,) = place.vault().ids()
    kept = place.vault().check(evidence).standing.kept
    assert sorted(one.facts.incident_id for one in kept) == ["incident-0", "incident-1", "incident-2"]
    assert place.actions() == [Action.KEPT] * 3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_destruction_against_a_keep_and_a_hold(seed: int) -> None:
    """The second of two people, a new incident with the same bytes, and a legal hold: who was told yes is right."""
    place = Place()
    evidence = place.vault().keep(DATA, facts()).id
    place.vault().release(evidence, "ann", "x")
    answers = together(
        place,
        seed,
        {
            "release": lambda vault, one: vault.release(one, "bob", "x"),
            "keep": lambda vault, _: vault.keep(DATA, facts(incident="incident-2")),
            "hold": lambda vault, one: vault.hold(one, "case-7", 0, "eve", "x"),
            "read": lambda vault, one: vault.read(one, "mia", "x"),
            "tidy": lambda vault, _: expire(vault),
        },
    )
    for one in refusals(answers):
        assert isinstance(one, UnknownEvidenceError | RefusedError), one
    assert answers["read"] == DATA or isinstance(answers["read"], UnknownEvidenceError)
    # Kept is kept: it made the first half of the release void, or came after the destruction.
    assert not isinstance(answers["keep"], SluiceError)
    found = place.vault().check(evidence)
    assert found.has("incident-2")
    destroyed = Action.DESTROYED in place.actions()
    assert destroyed == (answers["release"] is None)
    assert found.has("incident-1") == (not destroyed)
    if not isinstance(answers["hold"], SluiceError):
        assert "case-7" in found.standing.holds


@pytest.mark.parametrize("seed", SEEDS)
def test_expiry_twice_against_a_keep(seed: int) -> None:
    place = Place()
    evidence = place.vault().keep(DATA, facts()).id
    place.vault().reported(evidence, "incident-1", "77", NOW)
    place.now = year_after(NOW)
    answers = together(
        place,
        seed,
        {
            "one": lambda vault, _: expire(vault),
            "two": lambda vault, _: expire(vault),
            "keep": lambda vault, _: vault.keep(DATA, facts(incident="incident-2")),
        },
    )
    assert refusals(answers) == []
    assert place.vault().check(evidence).has("incident-2")
    assert place.actions().count(Action.DESTROYING) == place.actions().count(Action.DESTROYED) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_two_rewraps_against_a_keep_and_a_read(seed: int) -> None:
    place = Place()
    evidence = place.vault().keep(DATA, facts()).id
    place.keys = dict(BOTH)
    answers = together(
        place,
        seed,
        {
            "one": lambda vault, _: rewrap(vault),
            "two": lambda vault, _: rewrap(vault),
            "keep": lambda vault, _: vault.keep(DATA, facts(incident="incident-2")),
            "read": lambda vault, one: vault.read(one, "ann", "x"),
        },
    )
    assert refusals(answers) == []
    assert answers["read"] == DATA
    del place.keys["one"]
    assert place.vault().check(evidence).has("incident-2")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rewrap_against_a_destruction_leaves_no_key(seed: int) -> None:
    place = Place()
    evidence = place.vault().keep(DATA, facts()).id
    place.vault().release(evidence, "ann", "x")
    place.keys = dict(BOTH)
    answers = together(
        place,
        seed,
        {"release": lambda vault, one: vault.release(one, "bob", "x"), "rewrap": lambda vault, _: rewrap(vault)},
    )
    assert refusals(answers) == []
    assert answers["release"] is None
    done = answers["rewrap"]
    assert isinstance(done, Done)
    assert done.failed == {}
    assert place.shelf.find("evidence/") == []
