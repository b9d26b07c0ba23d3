"""What is kept comes back; every part of it is guarded; a missing key refuses and loses nothing."""

import json
import re
import threading

import pytest

from sluice.errors import SluiceError
from sluice.vault.entry import Action, Head
from sluice.vault.errors import MissingKeyError, RefusedError, TamperedError, UnknownEvidenceError
from sluice.vault.holds import SECOND_WITHIN_MS, year_after
from sluice.vault.people import MOST_WHY
from sluice.vault.store import Evidence, Vault
from tests.unit.vault_shelf import DATA, DAY, NOW, MemoryShelf, Place, facts

OTHER = b"other harmless bytes"


@pytest.fixture
def place() -> Place:
    return Place()


def reported(place: Place) -> Evidence:
    vault = place.vault()
    found = vault.keep(DATA, facts())
    return vault.reported(found.id, "incident-1", "77", NOW)


def test_kept_and_read_and_every_read_is_logged(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    vault = place.vault()
    assert vault.read(found.id, "Ann.Smith", "the police asked") == DATA
    assert vault.show(found.id, "bob", "for the list").standing.kept[0].facts == facts()
    kept, read, shown = place.lines()
    assert (kept.action, kept.who, kept.evidence, kept.record) == (Action.KEPT, "reporter", found.id, 1)
    assert (read.action, read.who, read.why) == (Action.READ, "ann.smith", "the police asked")
    assert (shown.action, shown.who) == (Action.SHOWN, "bob")


def test_a_report_reads_under_the_reporters_name(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    assert place.vault().read_for_report(found.id, "report 12") == DATA
    assert [(one.who, one.why) for one in place.lines()[1:]] == [("reporter", "report 12")]


def test_the_store_tells_nobody_what_it_holds(place: Place) -> None:
    place.vault().keep(DATA, facts(account_id="an-account"))
    told = b"".join(key.encode() + data for key, data in place.shelf.objects.items())
    for secret in (DATA, facts().sha256.encode(), bytes.fromhex(facts().sha256), b"an-account", b"image/png"):
        assert secret not in told
    other = Place()
    assert other.vault().keep(DATA, facts()).id != place.vault().ids()[0]


def test_keeping_again_is_keeping_once(place: Place) -> None:
    first = place.vault().keep(DATA, facts())
    before = dict(place.shelf.objects)
    assert place.vault().keep(DATA, facts()) == first
    assert place.shelf.objects == before


def test_two_incidents_with_the_same_bytes_share_one_original(place: Place) -> None:
    first = place.vault().keep(DATA, facts())
    second = place.vault().keep(DATA, facts(incident="incident-2"))
    assert second.id == first.id
    assert second.has("incident-1")
    assert second.has("incident-2")
    assert len(place.shelf.find("/body/")) == 1
    assert place.vault().keep(OTHER, facts(OTHER)).id != first.id
    assert len(place.vault().ids()) == 2


def test_bytes_and_facts_have_to_agree(place: Place) -> None:
    with pytest.raises(ValueError, match="not about these bytes"):
        place.vault().keep(OTHER, facts())
    assert place.vault().ids() == []


def test_nobody_reads_without_name_and_reason(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    for who, why in (("", "x"), ("ann", ""), ("аnn", "x"), ("root", "x"), ("ann", "x" * 501)):
        for ask in (place.vault().read, place.vault().show):
            with pytest.raises(RefusedError):
                ask(found.id, who, why)
    assert place.actions() == [Action.KEPT]


@pytest.mark.parametrize("evidence", ["ab" * 32, "", "..", "../root", "ab" * 32 + "/000000000000"])
def test_what_is_not_there(place: Place, evidence: str) -> None:
    place.vault().keep(DATA, facts())
    vault = place.vault()
    for ask in (
        lambda: vault.read(evidence, "ann", "x"),
        lambda: vault.check(evidence),
        lambda: vault.hold(evidence, "case-7", 0, "ann", "x"),
        lambda: vault.release(evidence, "ann", "x"),
        lambda: vault.reported(evidence, "incident-1", "77", NOW),
        lambda: vault.expire(evidence),
    ):
        with pytest.raises(UnknownEvidenceError):
            ask()
    assert vault.find(evidence) is None


def test_the_year_begins_with_the_report(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    assert found.expires_at_ms is None
    with pytest.raises(RefusedError, match="not kept for that incident"):
        place.vault().reported(found.id, "incident-9", "77", NOW)
    for at in (0, -1, NOW + 2 * DAY, 10**30):
        with pytest.raises(RefusedError, match="future"):
            place.vault().reported(found.id, "incident-1", "77", at)
    assert place.vault().reported(found.id, "incident-1", "77", NOW).expires_at_ms == year_after(NOW)
    assert (
        place.vault().reported(found.id, "incident-1", "78", NOW - 5).standing.reports["incident-1"].report_id == "77"
    )


def test_expiry_destroys_all_of_it_and_logs_it(place: Place) -> None:
    found = reported(place)
    place.now = year_after(NOW) - 1
    assert not place.vault().expire(found.id)
    place.now += 1
    assert place.vault().expire(found.id)
    assert place.shelf.find(found.id) == []
    assert place.actions() == [Action.KEPT, Action.REPORTED, Action.DESTROYING, Action.DESTROYED]
    assert place.lines()[2].why == "expired: its time is over"
    assert place.vault().ids() == []
    with pytest.raises(UnknownEvidenceError):
        place.vault().read(found.id, "ann", "x")


def test_a_legal_hold_stands_against_expiry(place: Place) -> None:
    found = reported(place)
    place.vault().hold(found.id, "case-7", 0, "ann", "court order 7")
    place.now = year_after(NOW) + 5000 * DAY
    assert not place.vault().expire(found.id)
    assert place.vault().check(found.id).standing.holds.keys() == {"case-7"}
    place.vault().release(found.id, "ann", "case closed", "case-7")
    assert not place.vault().expire(found.id)
    place.vault().release(found.id, "bob", "case closed", "case-7")
    assert place.vault().expire(found.id)


def test_the_same_hold_again_is_nothing_new_and_bad_ones_are_refused(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    place.vault().hold(found.id, "case-7", NOW + DAY, "ann", "x")
    lines = len(place.lines())
    place.vault().hold(found.id, "case-7", NOW + DAY, "bob", "y")
    assert len(place.lines()) == lines
    for until in (NOW, -1, 10**18):
        with pytest.raises(RefusedError):
            place.vault().hold(found.id, "case-8", until, "ann", "x")
    with pytest.raises(RefusedError):
        place.vault().hold(found.id, "\x1b[2J", 0, "ann", "x")


def test_two_people_destroy(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    assert place.vault().release(found.id, "ann.smith", "no match after all") is not None
    for same in ("Ann Smith", "annsmith@example.com", "SMITH.ANN"):
        assert place.vault().release(found.id, same, "I really want it") is not None
    assert place.vault().read(found.id, "eve", "still there?") == DATA
    assert place.vault().release(found.id, "bob", "I looked, too") is None
    assert place.shelf.find(found.id) == []
    assert [one.who for one in place.lines() if one.action is Action.DESTROYING] == ["bob"]


def test_nobody_destroys_what_is_to_be_reported(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    for _ in range(2):
        place.vault().await_report(found.id, "incident-1")
    for who in ("ann", "bob"):
        with pytest.raises(RefusedError, match="reported or released first"):
            place.vault().release(found.id, who, "x")
    with pytest.raises(RefusedError, match="the reporter's own"):
        place.vault().hold(found.id, "report of incident-2", 0, "ann", "x")
    assert place.actions() == [Action.KEPT, Action.HELD]
    for _ in range(2):
        place.vault().declined(found.id, "incident-1", "\x1b[2JAnn\nSmith", "no match\n" + "x" * 9999)
    lifted = place.vault().check(found.id).standing.lifted["report of incident-1"]
    assert (lifted.who, lifted.first, len(lifted.why)) == ("reporter", "[2JAnn Smith", MOST_WHY)
    place.vault().release(found.id, "ann", "x")
    assert place.vault().release(found.id, "bob", "x") is None


def test_two_people_may_say_that_there_will_be_no_report(place: Place) -> None:
    """Where no ledger knows the incident any more, nobody else could."""
    found = place.vault().keep(DATA, facts())
    place.vault().await_report(found.id, "incident-1")
    for who in ("ann", "bob"):
        place.vault().release(found.id, who, "the ledger is lost", "report of incident-1")
    place.vault().await_report(found.id, "incident-1")
    assert place.vault().check(found.id).standing.holds == {}
    assert place.actions()[-1] is Action.HOLD_LIFTED


def test_the_second_comes_within_a_day(place: Place) -> None:
    found = place.vault().keep(DATA, facts())
    place.vault().release(found.id, "ann", "x")
    place.now += SECOND_WITHIN_MS
    assert place.vault().release(found.id, "bob", "x") is not None
    assert place.vault().release(found.id, "ann", "x") is None


def test_the_same_bytes_after_their_destruction_are_new_evidence(place: Place) -> None:
    found = reported(place)
    place.now = year_after(NOW)
    place.vault().expire(found.id)
    again = place.vault().keep(DATA, facts(incident="incident-2"))
    assert again.id == found.id
    assert again.generation > found.generation
    assert not again.has("incident-1")
    assert again.expires_at_ms is None
    assert place.vault().read(found.id, "ann", "x") == DATA


@pytest.mark.parametrize("part", ["root", "key", "record", "body", "audit"])
def test_every_bit_of_every_object_is_guarded(place: Place, part: str) -> None:
    """Bits of each byte in turn, so that each object is opened a few hundred times and not thousands."""
    found = reported(place)
    key = next(key for key in sorted(place.shelf.objects) if f"{part}/" in key)
    good = place.shelf.objects[key]
    step = max(1, len(good) // 150)
    for at in range(0, len(good), step):
        bent = bytearray(good)
        bent[at] ^= 1 << at % 8
        place.shelf.objects[key] = bytes(bent)
        with pytest.raises((TamperedError, MissingKeyError)):
            place.vault().check(found.id)
    place.shelf.objects[key] = good
    assert place.vault().check(found.id).id == found.id


@pytest.mark.parametrize("part", ["root", "key", "record", "body", "audit"])
@pytest.mark.parametrize("how", ["gone", "empty", "cut", "longer", "huge"])
def test_objects_that_are_gone_or_of_another_length(place: Place, part: str, how: str) -> None:
    found = reported(place)
    for key in [key for key in sorted(place.shelf.objects) if f"{part}/" in key]:
        good = place.shelf.objects[key]
        if how == "gone":
            del place.shelf.objects[key]
        else:
            changes = {"empty": b"", "cut": good[:-1], "longer": good + b"\0", "huge": good + bytes(80 << 20)}
            place.shelf.objects[key] = changes[how]
        with pytest.raises((TamperedError, MissingKeyError)):
            place.vault().check(found.id)
        place.shelf.objects[key] = good
    assert place.vault().check(found.id).id == found.id


def test_a_tampered_vault_destroys_nothing_and_gives_nothing_out(place: Place) -> None:
    found = reported(place)
    place.vault().hold(found.id, "case-7", 0, "ann", "x")
    hold = place.shelf.find("/record/")[-1]
    del place.shelf.objects[hold]
    place.now = year_after(NOW) + DAY
    for ask in (
        lambda: place.vault().expire(found.id),
        lambda: place.vault().read(found.id, "ann", "x"),
        lambda: place.vault().release(found.id, "ann", "x"),
        lambda: place.vault().keep(DATA, facts(incident="incident-2")),
    ):
        with pytest.raises(TamperedError, match="record 3 of"):
            ask()
    assert place.shelf.find("/body/")


def test_records_of_two_pieces_of_evidence_cannot_change_places(place: Place) -> None:
    one = place.vault().keep(DATA, facts())
    two = place.vault().keep(OTHER, facts(OTHER))
    for part in ("key", "body", "record"):
        ours, theirs = (place.shelf.find(f"{each.id}/000000000000/{part}/")[0] for each in (one, two))
        objects = place.shelf.objects
        objects[ours], objects[theirs] = objects[theirs], objects[ours]
        with pytest.raises(TamperedError):
            place.vault().check(one.id)
        objects[ours], objects[theirs] = objects[theirs], objects[ours]
    assert place.vault().read(one.id, "ann", "x") == DATA


def test_an_older_state_put_back_is_known(place: Place) -> None:
    found = reported(place)
    before = dict(place.shelf.objects)
    place.vault().hold(found.id, "case-7", 0, "ann", "x")
    place.shelf.objects.clear()
    place.shelf.objects.update(before)
    place.now = year_after(NOW) + DAY
    with pytest.raises(TamperedError, match="its end was cut off"):
        place.vault().expire(found.id)


def test_a_record_without_the_vaults_secret_is_none(place: Place) -> None:
    """Whoever can write to the store, and knows everything but the key."""
    found = reported(place)
    last = place.shelf.find("/record/")[-1]
    forged = re.sub("2$", "3", last)
    place.shelf.objects[forged] = place.shelf.objects[last]
    with pytest.raises(TamperedError, match="is not what was sealed there"):
        place.vault().check(found.id)


def test_a_vault_emptied_is_not_taken_for_a_new_one(place: Place) -> None:
    place.vault().keep(DATA, facts())
    for key in place.shelf.find("root/"):
        del place.shelf.objects[key]
    with pytest.raises(TamperedError, match="put it back from a copy"):
        place.vault()
    place.shelf.objects.clear()
    with pytest.raises(TamperedError, match="the anchor knows line 1 of its log"):
        place.vault()
    # Nothing is in the way of a copy that is put back.
    assert not place.shelf.objects


def test_a_missing_key_refuses_and_loses_nothing(place: Place) -> None:
    found = reported(place)
    before = dict(place.shelf.objects)
    keys = dict(place.keys)
    place.keys = {"other": bytes(32)}
    with pytest.raises(MissingKeyError, match="no key 'one', which wraps the vault: put its line back"):
        place.vault()
    assert place.shelf.objects == before
    place.keys = keys
    assert place.vault().read(found.id, "ann", "x") == DATA


def test_a_missing_key_of_one_piece_of_evidence(place: Place) -> None:
    """The vault's secret was rewrapped and the evidence was not, and the old key is gone."""
    old = place.vault().keep(DATA, facts())
    place.vault().reported(old.id, "incident-1", "77", NOW)
    key = place.shelf.find("/key/")[0]
    form = json.loads(place.shelf.objects[key])
    place.shelf.objects[key] = json.dumps({**form, "key_id": "gone"}, sort_keys=True).encode()
    place.now = year_after(NOW) + DAY
    for ask in (
        lambda: place.vault().read(old.id, "ann", "x"),
        lambda: place.vault().keep(DATA, facts(incident="incident-2")),
        lambda: place.vault().expire(old.id),
    ):
        with pytest.raises(MissingKeyError, match="no key 'gone'"):
            ask()
    new = place.vault().keep(OTHER, facts(OTHER))
    assert place.vault().read(new.id, "ann", "x") == OTHER
    place.shelf.objects[key] = json.dumps(form, sort_keys=True).encode()
    assert place.vault().check(old.id).id == old.id


@pytest.mark.parametrize("lost", [1, 500, 10_000])
def test_a_store_that_writes_something_else_preserves_nothing(place: Place, lost: int) -> None:
    class Rotten(MemoryShelf):
        def create_now(self, key: str, data: bytes) -> bool:
            return super().create_now(key, data[:-lost] if "/body/" in key else data)

    rotten = Rotten(place.shelf.objects, place.shelf.lock)
    with pytest.raises(TamperedError):
        place.vault(rotten).keep(DATA, facts())
    assert place.actions() == []


def test_many_keep_the_same_bytes_at_once(place: Place) -> None:
    found: list[Evidence] = []
    problems: list[SluiceError] = []

    def work(vault: Vault, incident: str) -> None:
        try:
            found.append(vault.keep(DATA, facts(incident=incident)))
        except SluiceError as error:
            problems.append(error)

    shared = place.vault()
    threads = [
        threading.Thread(target=work, args=(shared if number % 2 else place.vault(), f"incident-{number % 4}"))
        for number in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert problems == []
    assert len({one.id for one in found}) == 1
    assert len(place.shelf.find("/body/")) == 1
    assert place.actions() == [Action.KEPT] * 4
    last = place.vault().check(found[0].id)
    assert sorted(one.facts.incident_id for one in last.standing.kept) == [f"incident-{n}" for n in range(4)]
    assert place.anchor.kept != Head()
