"""What is done with the whole vault: what cannot be done to one is told, and done to the others."""

import pytest

from sluice.vault.entry import Action, Head
from sluice.vault.errors import MissingKeyError, TamperedError
from sluice.vault.events import Cause, Destroying
from sluice.vault.folder import Folder
from sluice.vault.holds import year_after
from sluice.vault.upkeep import expire, rewrap, verify
from tests.unit.vault_shelf import BOTH, DAY, NOW, Place, facts

SOME = [f"harmless picture {number}".encode() for number in range(3)]


def filled() -> tuple[Place, list[str]]:
    place = Place()
    ids = [place.vault().keep(data, facts(data)).id for data in SOME]
    for one in ids:
        place.vault().reported(one, "incident-1", "77", NOW)
    return place, ids


def test_all_that_is_due_goes_and_nothing_else() -> None:
    place, ids = filled()
    place.vault().hold(ids[0], "case-7", 0, "ann", "x")
    later = place.vault().keep(b"later", facts(b"later", incident="incident-9")).id
    place.now = year_after(NOW)
    done = expire(place.vault())
    assert sorted(done.done) == sorted(ids[1:])
    assert done.failed == {}
    assert sorted(place.vault().ids()) == sorted([ids[0], later])
    assert expire(place.vault()).done == ()


def test_what_is_damaged_stays_and_is_named() -> None:
    place, ids = filled()
    record = place.shelf.find(f"{ids[1]}/000000000000/record")[0]
    place.shelf.objects[record] = place.shelf.objects[record][:-1]
    place.now = year_after(NOW)
    done = expire(place.vault())
    assert list(done.failed) == [ids[1]]
    assert "is not the one that the audit log has" in done.failed[ids[1]]
    assert place.vault().ids() == [ids[1]]


def test_nothing_is_destroyed_by_a_log_that_is_not_sound() -> None:
    place, ids = filled()
    place.now = year_after(NOW)
    last = place.shelf.find("audit/")[-1]
    del place.shelf.objects[last]
    with pytest.raises(TamperedError, match="cut off"):
        expire(place.vault())
    assert len(place.shelf.find("/body/")) == len(ids)


def test_the_old_key_can_go_after_a_rewrap_and_not_before() -> None:
    place, ids = filled()
    place.keys = dict(BOTH)
    new = place.vault().keep(b"new", facts(b"new")).id
    without = {"two": BOTH["two"]}
    with pytest.raises(MissingKeyError, match="no key 'one'"):
        Place(place.shelf, place.anchor, without).vault()
    done = rewrap(place.vault())
    assert sorted(done.done) == sorted(ids)
    assert done.failed == {}
    assert done.seen == 4
    place.keys = without
    for one, data in zip([*ids, new], [*SOME, b"new"], strict=True):
        assert place.vault().read(one, "ann", "x") == data
    assert len(place.shelf.find("/key/")) == 4
    assert place.actions().count(Action.REWRAPPED) == 4
    assert rewrap(place.vault()).done == ()


def test_a_rewrap_does_not_touch_what_was_sealed() -> None:
    place, _ = filled()
    before = {key: data for key, data in place.shelf.objects.items() if "/body/" in key or "/record/" in key}
    place.keys = dict(BOTH)
    rewrap(place.vault())
    assert before.items() <= place.shelf.objects.items()


def test_one_key_that_is_missing_keeps_no_other_from_its_rewrap() -> None:
    place, ids = filled()
    key = place.shelf.find(f"{ids[0]}/000000000000/key")[0]
    before = place.shelf.objects[key].replace(b'"one"', b'"gone"')
    place.shelf.objects[key] = before
    place.keys = dict(BOTH)
    done = rewrap(place.vault())
    assert sorted(done.done) == sorted(ids[1:])
    assert "no key 'gone'" in done.failed[ids[0]]
    assert place.shelf.objects[key] == before


def test_verify_names_what_is_wrong_with_each() -> None:
    place, ids = filled()
    assert verify(place.vault()).failed == {}
    for key in place.shelf.find(f"{ids[0]}/"):
        del place.shelf.objects[key]
    body = place.shelf.find(f"{ids[1]}/000000000000/body")[0]
    place.shelf.objects[body] = b"SLV1" + bytes(2000)
    place.shelf.objects[f"evidence/{ids[2]}/000000000000/more"] = b"x"
    done = verify(place.vault())
    assert done.failed.keys() == set(ids)
    assert "is gone; the audit log has it" in done.failed[ids[0]]
    assert "is not what was sealed there" in done.failed[ids[1]]
    assert "is not one of the vault's objects" in done.failed[ids[2]]


def test_verify_holds_the_log_against_a_head_that_was_written_down() -> None:
    place, _ = filled()
    head = place.vault().log.verify()
    assert verify(place.vault(), head).failed == {}
    with pytest.raises(TamperedError):
        verify(place.vault(), Head(head.seq + 1, head.digest))


def test_strangers_objects_are_nobodys_evidence() -> None:
    place, ids = filled()
    place.shelf.objects |= {
        "evidence/x": b"",
        "evidence/x/y/z": b"",
        "evidence/" + "ab" * 32 + "/000000000007/key/1": b"",
    }
    assert sorted(place.vault().ids()) == sorted(ids)
    place.now = year_after(NOW) + DAY
    assert len(expire(place.vault()).done) == 3


def test_what_a_late_writer_left_in_a_destroyed_generation_is_removed() -> None:
    place, ids = filled()
    place.now = year_after(NOW)
    expire(place.vault())
    vault = place.vault()
    late = Folder(place.shelf, vault.wrapper, ids[0], 0)
    late.put_body(late.keys.made(), SOME[0])
    assert place.shelf.find("evidence/")
    expire(place.vault())
    assert place.shelf.find("evidence/") == []
    assert place.actions().count(Action.DESTROYED) == 3


def test_a_destruction_that_was_written_down_is_carried_out_by_whoever_comes_next() -> None:
    place, ids = filled()
    vault = place.vault()
    folder = Folder(place.shelf, vault.wrapper, ids[0], 0)
    folder.add(folder.data_key(), 3, Destroying(NOW, "bob", "x", Cause.RELEASED, "ann"))
    assert vault.find(ids[0]) is None
    assert place.actions()[-2:] == [Action.DESTROYING, Action.DESTROYED]
    assert place.shelf.find(ids[0]) == []


def test_records_that_lost_their_lines_get_new_ones() -> None:
    """What docs/evidence.md says to do when there is no copy of a log whose end is bad."""
    place, ids = filled()
    for key in place.shelf.find("audit/")[2:]:
        del place.shelf.objects[key]
    place.anchor.kept = Head()
    assert len(place.lines()) == 2
    assert verify(place.vault()).failed == {}
    assert place.vault().ids() == sorted(ids)
    assert sorted(place.actions()) == sorted([Action.KEPT, Action.REPORTED] * 3)
