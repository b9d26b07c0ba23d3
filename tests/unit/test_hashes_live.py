"""A store that changes answers like one that was built anew each time."""

import threading
from pathlib import Path

import pytest

from sluice.check import Digests
from sluice.errors import ConfigError
from sluice.hashes.change import HashStoreError, Key
from sluice.hashes.compact import compact
from sluice.hashes.current import Current, read_current
from sluice.hashes.engine import engines
from sluice.hashes.layout import HashFileError
from sluice.hashes.listed import Listed
from sluice.hashes.live import LiveIndex
from sluice.hashes.opened import OpenBase
from sluice.hashes.store import append, described
from tests.unit.hash_store import BANKS, Pictures, change, expected, minus, plus, settled, store, told, whole

A = Listed("a", md5=b"a" * 16)
B = Listed("b", md5=b"b" * 16)


def names(index: LiveIndex, *listed: Listed) -> list[str]:
    """Which of these entries are found by their MD5."""
    queries = [Digests(md5=one.md5) for one in listed]
    return [hit.entry for hits in index.view.look_up(queries) for hit in hits]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("engine", [engines()[0], engines()[-1]])
def test_whatever_is_done_it_answers_like_a_plain_table(tmp_path: Path, seed: int, engine: str) -> None:
    """Additions, removals, merges, whole lists and new readers, in any order; a reader that looks now and then."""
    pictures = Pictures(seed)
    source = pictures.source
    folder = store(tmp_path / "hashes")
    banks = described(folder)
    table: dict[Key, Listed] = {}
    append(folder, [])
    index = LiveIndex(folder, engine)
    for _ in range(50):
        what = source.choice(["add", "add", "add", "remove", "merge", "list", "reopen", "torn"])
        bank = source.choice(list(banks))
        some = [str(number) for number in source.sample(range(12), source.randint(1, 4))]
        if what == "add":
            listed = [pictures.listed(identity) for identity in some]
            table |= {(bank, one.id): one for one in listed}
            append(folder, [change(*(plus(bank, one) for one in listed))])
        elif what == "remove":
            for identity in some:
                table.pop((bank, identity), None)
            append(folder, [change(*(minus(bank, identity) for identity in some))])
        elif what == "merge":
            compact(folder, engine=engine)
        elif what == "list":
            listed = [pictures.listed(identity) for identity in some]
            table = {key: one for key, one in table.items() if key[0] != bank}
            table |= {(bank, one.id): one for one in listed}
            compact(folder, whole(bank, listed), engine=engine)
        elif what == "reopen":
            index.close()
            index = LiveIndex(folder, engine)
        else:
            current = read_current(folder)
            assert current is not None
            with (folder / current.delta).open("ab") as file:
                file.write(b"SLXD\x05\x00")
        if what == "list":
            # Until its base is verified, the old list counts.
            settled(index)
        if source.random() < 0.7:
            index.look()
            assert index.trouble == ""
            queries = [pictures.query() for _ in range(4)]
            found = [told(hits) for hits in index.view.look_up(queries)]
            assert found == [expected(table, banks, query) for query in queries], what
    index.close()


def test_the_property_above_sees_matches_of_every_kind(tmp_path: Path) -> None:
    """A test whose pictures never met anything would hold for an index that finds nothing."""
    pictures = Pictures(1)
    banks = described(store(tmp_path))
    table = {(bank, str(at)): pictures.listed(str(at)) for bank in banks for at in range(12)}
    found = [hit for _ in range(40) for hit in expected(table, banks, pictures.query())]
    assert {hit[2] for hit in found} == {"pdq", "md5", "sha1", "sha256"}
    assert {hit[0] for hit in found} == set(banks)
    assert any(31 < hit[3] <= 40 for hit in found)


def test_a_reader_that_sleeps_through_merges_sees_everything_at_its_next_look(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)
    compact(folder)
    append(folder, [change(plus("partner", B), minus("partner", "a"))])
    compact(folder)
    compact(folder)
    assert names(index, A, B) == ["a"]
    assert index.look()
    assert (names(index, A, B), index.view.generation) == (["b"], 3)
    assert not index.look()


def test_while_a_new_base_is_verified_additions_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)
    go = threading.Event()
    load = index._load

    def slowly(current: Current) -> OpenBase:
        go.wait()
        return load(current)

    monkeypatch.setattr(index, "_load", slowly)
    append(folder, [change(plus("wide", A))])
    compact(folder)
    append(folder, [change(plus("partner", B))])
    index.look()
    assert index.waiting
    assert names(index, A, B) == ["a", "a", "b"]
    append(folder, [change(minus("partner", "b"))])
    compact(folder)
    append(folder, [change(minus("wide", "a"))])
    index.look()
    assert index.waiting
    assert names(index, A, B) == ["a"]
    before = index.view
    go.set()
    assert names(settled(index), A, B) == ["a"]
    assert (index.view.generation, index.view.digest) == (before.generation, before.digest)
    assert index.loaded.overlay.latest == {("wide", "a"): None}


def test_a_view_that_was_taken_goes_on_after_its_files_are_gone(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    compact(folder)
    index = LiveIndex(folder)
    taken = index.view
    append(folder, [change(minus("partner", "a"), plus("partner", B))])
    compact(folder)
    settled(index)
    index.close()
    assert [hit.entry for hit in taken.look_up([Digests(md5=A.md5)])[0]] == ["a"]
    assert names(index, A, B) == ["b"]


def test_a_base_that_is_damaged_is_not_taken(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)
    name = compact(folder).current.base
    data = bytearray((folder / name).read_bytes())
    at = data.index(A.md5)
    data[at] ^= 1
    (folder / name).write_bytes(data)
    append(folder, [change(plus("partner", B))])
    index.look()
    while "damaged" not in index.trouble:
        index.look()
    assert f"{name}: section md5-digests is damaged: its SHA-256 is another: build the store anew" in index.trouble
    assert names(index, A, B) == ["a", "b"]
    append(folder, [change(minus("partner", "b"))])
    index.look()
    assert names(index, A, B) == ["a"]


def test_damage_of_the_delta_is_told_and_what_came_before_counts(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)
    append(folder, [change(plus("partner", B))])
    path = folder / "delta-0.log"
    good = path.read_bytes()
    append(folder, [change(plus("wide", A))])
    path.write_bytes(good[:-1] + b"?" + path.read_bytes()[len(good) :])
    index.look()
    assert index.trouble.startswith("the delta is damaged at byte ")
    assert names(index, A, B) == ["a"]
    with pytest.raises(HashStoreError, match="build the store anew"):
        LiveIndex(folder)
    with pytest.raises(HashStoreError, match="damaged at byte"):
        append(folder, [change(plus("wide", A))])


def test_banks_are_read_again(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A), plus("half", B))])
    index = LiveIndex(folder)
    before = index.view
    store(tmp_path, BANKS.replace("kind: csam", "kind: hate") + "new: {kind: hate, source: a, terms: b}\n")
    append(folder, [change(plus("new", A))])
    index.look()
    assert [(hit.bank.name, hit.bank.kind) for hit in index.view.look_up([Digests(md5=A.md5)])[0]] == [
        ("new", "hate"),
        ("partner", "hate"),
    ]
    assert index.view.banks["partner"][1] != before.banks["partner"][1]


@pytest.mark.parametrize(
    ("banks", "says"),
    [
        ("partner: {kind: csam}", "source is missing"),
        (BANKS.replace("partner", "other"), "describes no bank called partner, which has entries"),
    ],
)
def test_a_description_that_will_not_do_changes_nothing(tmp_path: Path, banks: str, says: str) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)
    store(tmp_path, banks)
    index.look()
    assert says in index.trouble
    assert names(index, A) == ["a"]
    with pytest.raises((HashStoreError, ConfigError), match=says):
        LiveIndex(folder)
    store(tmp_path)
    index.look()
    assert index.trouble == ""


def test_what_is_no_store_is_told_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(HashStoreError, match=r"banks\.yaml is missing: it describes the store's banks"):
        LiveIndex(tmp_path)
    with pytest.raises(HashStoreError, match="is no store of hashes: `sluice hashes build` makes one"):
        LiveIndex(store(tmp_path))
    append(tmp_path, [])
    (tmp_path / "delta-0.log").unlink()
    with pytest.raises(FileNotFoundError):
        LiveIndex(tmp_path)


def test_another_base_under_the_name_is_refused(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    first = compact(folder).current.base
    other = store(tmp_path / "other")
    append(other, [change(plus("partner", B))])
    (other / compact(other).current.base).rename(folder / first)
    with pytest.raises(HashFileError, match=r"another file than current\.json names: build the store anew"):
        LiveIndex(folder)


def test_a_copy_that_takes_the_deltas_place_is_read_on(tmp_path: Path) -> None:
    """As a mirror of the store on another machine is brought up to date."""
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)
    mirrored = folder / "delta-0.log"
    data = mirrored.read_bytes()
    append(folder, [change(plus("partner", B))])
    whole = mirrored.read_bytes()
    for content in (data, whole[:-3], whole):
        copy = folder / "copy"
        copy.write_bytes(content)
        copy.rename(mirrored)
        index.look()
        assert index.trouble == ""
        assert names(index, A, B) == (["a", "b"] if content is whole else ["a"])


def test_how_fresh_a_bank_is_survives_a_merge(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A), fresh={"partner": 5, "wide": 6})])
    index = LiveIndex(folder)
    compact(folder, fresh={"half": 9})
    append(folder, [change(fresh={"wide": 7})])
    assert index.view.fresh == {"partner": 5, "wide": 6}
    assert settled(index).view.fresh == {"partner": 5, "wide": 7, "half": 9}
