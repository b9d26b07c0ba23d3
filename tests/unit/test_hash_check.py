"""The check "hash" as the host sees it."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from hash_matcher.banks import Bank, built_in_test_bank
from hash_matcher.check import HashMatcher, keep
from hash_matcher.index import about, view_of
from sluice.check import Digests, Item, Kind, Status
from sluice.errors import ConfigError, NotReadyError
from sluice.hashes.listed import Listed
from sluice.hashes.view import Hit, Method, View
from sluice.settings import Reader, read_settings

SOURCE = random.Random(5)
VARIANTS = tuple(SOURCE.randbytes(32) for _ in range(8))
DIGESTS = Digests(md5=b"m" * 16, sha1=b"s" * 20, sha256=b"S" * 32, pdq=VARIANTS, pdq_quality=97)


def bank(name: str, *entries: Listed, kind: str = "csam", test: bool = False) -> Bank:
    return Bank(name, kind, test, "a test", "none", entries)


def item(digests: Digests = DIGESTS) -> Item:
    return Item("c0", Kind.IMAGE, digests=digests)


async def opened(home: Path, **env: str) -> HashMatcher:
    variables = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "SLUICE_HOME": str(home), **env}
    reader = Reader(variables)
    return await HashMatcher.open(read_settings(reader, variables), reader)


async def test_its_examples_hold_with_the_test_bank(tmp_path: Path) -> None:
    check = await opened(tmp_path, SLUICE_TEST_BANK="1")
    examples = check.examples()
    for example, result in zip(examples, await check.run([each.item for each in examples]), strict=True):
        assert example.holds(result), example.name


async def test_its_examples_can_fail() -> None:
    """Each says something about the answer: swapped, none of them holds but where two expect the same."""
    check = HashMatcher([built_in_test_bank()])
    ordinary, known, mirrored = check.examples()
    of_ordinary, of_known, of_mirrored = await check.run([ordinary.item, known.item, mirrored.item])
    assert not ordinary.holds(of_known)
    assert not known.holds(of_ordinary)
    assert not known.holds(of_mirrored)
    assert not mirrored.holds(of_ordinary)


async def test_the_canary_holds_for_any_bank() -> None:
    check = HashMatcher([bank("partner", Listed("e", md5=b"x" * 16))])
    canary = check.examples()[0]
    assert canary.holds((await check.run([canary.item]))[0])


async def test_a_match_names_bank_entry_and_digest() -> None:
    listed = bank("partner", Listed("e1", sha1=DIGESTS.sha1), kind="terror")
    (result,) = await HashMatcher([listed]).run([item()])
    (match,) = result.matches
    assert result.status is Status.OK
    assert result.signals == {"pdq_quality": 97.0}
    assert (match.list_name, match.entry, match.kind, match.method) == ("partner", "e1", "terror", "sha1")
    assert (match.distance, match.test, match.list_digest) == (0, False, listed.digest)


async def test_results_come_in_the_order_of_items() -> None:
    check = HashMatcher([bank("partner", Listed("e1", md5=b"1" * 16), Listed("e2", md5=b"2" * 16))])
    items = [item(replace(DIGESTS, md5=bytes(md5, "ascii") * 16)) for md5 in ("2", "x", "1")]
    assert [[m.entry for m in result.matches] for result in await check.run(items)] == [["e2"], [], ["e1"]]


@pytest.mark.parametrize(
    ("digests", "named"),
    [
        (Digests(), "md5, sha1, sha256"),
        (replace(DIGESTS, md5=b""), "md5"),
        (replace(DIGESTS, sha1=b"s" * 19), "sha1"),
        (replace(DIGESTS, sha256=b"S" * 33), "sha256"),
        (replace(DIGESTS, pdq=()), "pdq"),
        (replace(DIGESTS, pdq=VARIANTS[:7]), "pdq"),
        (replace(DIGESTS, pdq=VARIANTS * 2 + VARIANTS[:1]), "pdq"),
        (replace(DIGESTS, pdq=VARIANTS * 3), "pdq"),
        (replace(DIGESTS, pdq=(*VARIANTS[:7], b"short")), "pdq"),
        (replace(DIGESTS, pdq_quality=10, pdq=(b"short",)), "pdq"),
    ],
)
async def test_a_content_without_all_its_digests_is_an_error_and_no_clean_answer(
    digests: Digests, named: str
) -> None:
    (result,) = await HashMatcher([bank("partner", Listed("e", md5=b"x" * 16))]).run([item(digests)])
    assert (result.status, result.matches) == (Status.ERROR, ())
    assert result.detail == f"missing or malformed digests: {named}"


async def test_a_picture_too_plain_for_pdq_is_looked_up_by_its_digests() -> None:
    check = HashMatcher([bank("partner", Listed("e", md5=DIGESTS.md5), Listed("f", pdq=VARIANTS[0]))])
    (result,) = await check.run([item(replace(DIGESTS, pdq=(), pdq_quality=12))])
    assert (result.status, [m.entry for m in result.matches]) == (Status.OK, ["e"])
    assert result.signals == {"pdq_quality": 12.0}


async def test_the_part_within_a_border_is_looked_up_too() -> None:
    within = tuple(SOURCE.randbytes(32) for _ in range(8))
    check = HashMatcher([bank("partner", Listed("e", pdq=within[3], quality=90))])
    (without,), (found,) = await check.run([item()]), await check.run([item(replace(DIGESTS, pdq=VARIANTS + within))])
    assert (without.status, without.matches) == (Status.OK, ())
    assert [(match.entry, match.method, match.distance) for match in found.matches] == [("e", "pdq", 0)]


async def test_a_crowd_of_matches_is_cut_and_the_cut_is_said() -> None:
    crowd = bank("crowd", *(Listed(f"e{n:03}", md5=DIGESTS.md5) for n in range(50)), test=True)
    real = bank("real", Listed("known", pdq=VARIANTS[3], quality=99))
    (result,) = await HashMatcher([crowd, real]).run([item()])
    assert len(result.matches) == 32
    assert result.signals["matches_left_out"] == 19.0
    assert "real" in {match.list_name for match in result.matches}


def hits(*found: tuple[str, int]) -> list[Hit]:
    """Hits by bank and distance, closest first."""
    banks = {name: about(bank(name)) for name, _ in found}
    ordered = sorted(found, key=lambda pair: pair[1])
    return [Hit(banks[name], f"e{at}", Method.PDQ, distance) for at, (name, distance) in enumerate(ordered)]


@pytest.mark.parametrize(
    ("found", "most", "kept"),
    [
        ([], 2, []),
        ([("a", 1), ("a", 2)], 2, [("a", 1), ("a", 2)]),
        ([("a", 1), ("a", 2), ("a", 3)], 2, [("a", 1), ("a", 2)]),
        ([("a", 1), ("a", 2), ("b", 9)], 2, [("a", 1), ("b", 9)]),
        ([("a", 1), ("a", 2), ("b", 9), ("b", 10)], 3, [("a", 1), ("a", 2), ("b", 9)]),
        ([("a", 1), ("b", 2), ("c", 3)], 2, [("a", 1), ("b", 2), ("c", 3)]),
    ],
)
def test_the_closest_are_kept_and_the_best_of_every_bank(
    found: list[tuple[str, int]], most: int, kept: list[tuple[str, int]]
) -> None:
    assert [(hit.bank.name, hit.distance) for hit in keep(hits(*found), most)] == kept


def test_the_banks_are_its_models() -> None:
    one = bank("partner", Listed("e", md5=b"x" * 16))
    (model,) = HashMatcher([one]).models()
    assert (model.name, model.version, model.digest) == ("bank:partner", one.version, one.digest)


async def test_it_does_not_open_without_banks(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no bank of known pictures"):
        await opened(tmp_path)


async def test_it_does_not_open_with_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SLUICE_TEST_BANK"):
        await opened(tmp_path, SLUICE_TEST_BANK="yes")


async def test_it_does_not_open_with_an_index_that_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(View, "look_up", lambda _, queries: [[] for _ in queries])
    with pytest.raises(NotReadyError, match="the index does not find its entry test-1"):
        await opened(tmp_path, SLUICE_TEST_BANK="1")


def test_a_bank_whose_entries_are_not_found_again_is_not_ready() -> None:
    check = HashMatcher([bank("partner", Listed("e", md5=b"x" * 16))])
    check._files = view_of([bank("other", Listed("e", md5=b"y" * 16))])
    with pytest.raises(NotReadyError, match="bank partner: the index does not find its entry e"):
        check.prove()
