"""The audit log: nothing is changed, moved, replaced, left out or cut off unnoticed; the first bad line is named."""

import threading

import pytest

from sluice.errors import RetryableError
from sluice.vault.audit import AuditLog, Said
from sluice.vault.entry import FIRST, Action, Head, parse_head, read_line
from sluice.vault.errors import TamperedError, UnsoundLogError
from tests.unit.vault_shelf import NOW, Faulty, LostAnswerError, MemoryAnchor, MemoryShelf

KEY = b"k" * 32


def opened(shelf: MemoryShelf, anchor: MemoryAnchor | None = None, key: bytes = KEY) -> AuditLog:
    return AuditLog(shelf, key, anchor or MemoryAnchor(), lambda: NOW)


def said(why: str) -> Said:
    return Said("ann", Action.READ, "ab" * 32, why=why)


def written(count: int, anchor: MemoryAnchor | None = None) -> MemoryShelf:
    shelf = MemoryShelf()
    log = opened(shelf, anchor)
    for number in range(1, count + 1):
        log.append(said(f"reason {number}"))
    return shelf


def key(number: int) -> str:
    return f"audit/{number:012d}"


def test_lines_follow_each_other() -> None:
    anchor = MemoryAnchor()
    shelf = written(5, anchor)
    lines: list[str] = []
    head = opened(shelf).verify(told=lambda one: lines.append(one.why))
    assert lines == [f"reason {number}" for number in range(1, 6)]
    assert head == anchor.kept
    assert head.seq == 5
    assert read_line(shelf.objects[key(1)], KEY).previous == FIRST
    assert opened(MemoryShelf()).verify() == Head()


@pytest.mark.parametrize("number", [1, 3, 5])
def test_every_bit_of_a_line_counts(number: int) -> None:
    shelf = written(5)
    line = bytearray(shelf.objects[key(number)])
    for bit in range(8 * len(line)):
        line[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="its MAC is wrong"):
            read_line(bytes(line), KEY)
        line[bit // 8] ^= 1 << bit % 8
    line[10] ^= 1
    shelf.objects[key(number)] = bytes(line)
    with pytest.raises(TamperedError, match=rf"audit line {number}: its MAC is wrong"):
        opened(shelf).verify()


@pytest.mark.parametrize("bad", [b"", b" ", b"\n", b"{}", b"{} 00\n", b"x" * 20_000])
def test_what_is_no_line(bad: bytes) -> None:
    shelf = written(3)
    shelf.objects[key(2)] = bad
    with pytest.raises(TamperedError, match=r"audit line 2\b"):
        opened(shelf).verify()


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_line_left_out(number: int) -> None:
    shelf = written(5)
    del shelf.objects[key(number)]
    with pytest.raises(TamperedError, match=rf"audit line {number} is missing"):
        opened(shelf).verify()


def test_lines_that_change_places() -> None:
    shelf = written(5)
    shelf.objects[key(2)], shelf.objects[key(3)] = shelf.objects[key(3)], shelf.objects[key(2)]
    with pytest.raises(TamperedError, match=r"audit line 2 is line 3, moved"):
        opened(shelf).verify()


def test_a_line_of_another_history_with_the_same_key() -> None:
    shelf, other = written(5), written(5)
    shelf.objects[key(4)] = other.objects[key(4)]
    with pytest.raises(TamperedError, match=r"audit line 4 does not follow line 3"):
        opened(shelf).verify()


def test_another_key_writes_no_line() -> None:
    with pytest.raises(TamperedError, match=r"audit line 1: its MAC is wrong"):
        opened(written(2), key=b"other").verify()


@pytest.mark.parametrize("left", [0, 1, 4])
def test_the_end_cut_off_is_known_by_the_anchor(left: int) -> None:
    anchor = MemoryAnchor()
    shelf = written(5, anchor)
    for number in range(left + 1, 6):
        del shelf.objects[key(number)]
    log = opened(shelf, anchor)
    words = rf"the audit log ends at line {left}, and the anchor knows line 5: its end was cut off"
    with pytest.raises(TamperedError, match=words):
        log.verify()
    with pytest.raises(TamperedError, match=words):
        log.append(said("no"))
    assert len(shelf.objects) == left


def test_the_end_replaced_is_known_by_the_anchor() -> None:
    anchor = MemoryAnchor()
    shelf = written(5, anchor)
    del shelf.objects[key(5)]
    opened(shelf).append(said("another fifth line, by somebody without the anchor"))
    opened(shelf).append(said("and a sixth"))
    for ask in (lambda: opened(shelf, anchor).verify(), lambda: opened(shelf, anchor).look()):
        with pytest.raises(TamperedError, match=r"audit line 5 is not the one that the anchor knows"):
            ask()


def test_a_head_that_somebody_wrote_down() -> None:
    shelf = written(5)
    third = opened(written(0)).head
    heads: list[Head] = []
    log = opened(shelf)
    known = log.verify()
    assert parse_head(str(known)) == known
    assert log.verify(known) == known
    log.append(said("more"))
    assert log.verify(known).seq == 6
    heads.append(third)
    assert log.verify(third).seq == 6
    with pytest.raises(TamperedError, match="not the one"):
        log.verify(Head(3, "00" * 32))
    with pytest.raises(TamperedError, match="cut off"):
        log.verify(Head(7, "00" * 32))


@pytest.mark.parametrize("text", ["", "5", "5:", "5:zz", f"-1:{'0' * 64}", f"٣:{'0' * 64}", f"5:{'0' * 62}"])
def test_what_is_no_head(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_head(text)


def test_two_that_write_at_once_take_turns() -> None:
    shelf, anchor = MemoryShelf(), MemoryAnchor()
    one, two = opened(shelf, anchor), opened(shelf, anchor)
    one.look()
    two.append(said("two was faster"))
    one.append(said("one came second"))
    two.append(said("and two again"))
    told: list[str] = []
    one.verify(told=lambda each: told.append(each.why))
    assert told == ["two was faster", "one came second", "and two again"]


def test_many_that_write_at_once_lose_nothing() -> None:
    shelf, anchor = MemoryShelf(), MemoryAnchor()

    def work(name: str) -> None:
        log = opened(shelf, anchor)
        for number in range(10):
            log.append(said(f"{name} {number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    told: list[str] = []
    head = opened(shelf, anchor).verify(told=lambda each: told.append(each.why))
    assert head.seq == 40
    assert sorted(told) == sorted(f"{name} {number}" for name in "abcd" for number in range(10))


@pytest.mark.parametrize("after", [False, True])
def test_an_answer_lost_is_told_and_the_log_goes_on(after: bool) -> None:
    shelf = written(2)
    faulty = Faulty(shelf.objects, shelf.lock, 0, after, LostAnswerError)
    log = opened(faulty)
    with pytest.raises(RetryableError):
        log.append(said("maybe"))
    log.append(said("surely"))
    told: list[str] = []
    opened(shelf).verify(told=lambda each: told.append(each.why))
    assert told[2:] == (["maybe", "surely"] if after else ["surely"])


def test_an_answer_lost_inside_the_stores_library_writes_no_second_line() -> None:
    """It asks again by itself, and hears that there is one already: that one is ours."""

    class Repeats(MemoryShelf):
        def create_now(self, key: str, data: bytes) -> bool:
            super().create_now(key, data)
            return super().create_now(key, data)

    shelf = Repeats()
    opened(shelf).append(said("once"))
    assert list(shelf.objects) == [key(1)]


def test_what_is_not_wanted_any_more_is_not_written() -> None:
    shelf = written(1)
    assert not opened(shelf).append(said("no"), unless=lambda _: True)
    assert len(shelf.objects) == 1


def test_a_line_that_was_read_and_is_changed_afterwards_is_noticed_when_all_is_read_anew() -> None:
    shelf = written(5)
    log = opened(shelf)
    log.look()
    good, shelf.objects[key(2)] = shelf.objects[key(2)], shelf.objects[key(3)]
    log.look()
    for work in (log.verify, log.look, lambda: log.append(said("more"))):
        with pytest.raises(UnsoundLogError, match="audit line 2"):
            work()
    shelf.objects[key(2)] = good
    assert log.append(said("more"))
    assert log.verify().seq == 6


def test_a_log_that_was_put_back_to_an_earlier_day_is_noticed_without_an_anchor() -> None:
    shelf = written(5)
    log = opened(shelf)
    log.look()
    for number in (4, 5):
        del shelf.objects[key(number)]
    with pytest.raises(UnsoundLogError, match="cut off"):
        log.verify()
