"""The check "text": results in order, and a text that cannot be scored whole is UNPROCESSABLE by itself."""

import asyncio
from dataclasses import replace
from functools import cache

from sluice.check import Item, Kind, Status
from sluice.names.lists import Entry, ListKind, NameList, Term
from sluice.names.matcher import NameMatcher
from sluice.names.opened import about
from sluice.refreshed import Refreshed
from sluice.text.language import Languages
from tests.unit.name_lists import names_of
from tests.unit.test_text_model import model
from text_classifier.check import TextClassifier

ARTISTS = NameList("artists", (Entry("a1", ListKind.ARTIST, (Term("Ada Example"),), "a test"),))


@cache
def languages() -> Languages:
    return Languages.open()


def check() -> TextClassifier:
    return TextClassifier(model(), languages(), names_of(ARTISTS))


def item(text: str) -> Item:
    return Item("c0", Kind.TEXT, text=text)


async def test_results_are_in_order_and_name_what_is_abstained() -> None:
    results = await check().run([item("a bad thing"), item("a red cat")])
    assert [result.status for result in results] == [Status.OK, Status.OK]
    assert [result.scores["illicit"] > 0.5 for result in results] == [True, False]
    assert results[0].abstained == ("csam",)


async def test_too_long_is_unprocessable_and_spares_its_neighbours() -> None:
    secret = "cat " * 20_000
    results = await check().run([item("a bad thing"), item(secret), item("a red cat")])
    assert [result.status for result in results] == [Status.OK, Status.UNPROCESSABLE, Status.OK]
    assert not results[1].scores
    assert "cat" not in results[1].detail
    assert results[0].scores["illicit"] > 0.5 > results[2].scores["illicit"]


async def test_what_texts_say_only_together_counts_for_the_last() -> None:
    parts = ("the b", "a d thing")
    items = [item(parts[0]), replace(item(parts[1]), together=parts)]
    alone, together = await check().run(items)
    assert alone.scores["illicit"] < 0.5 < together.scores["illicit"]
    assert (await check().run([item(parts[1])]))[0].scores["illicit"] < 0.5


async def test_texts_that_meet_in_the_middle_of_much_else_are_read_there() -> None:
    long = "the warm mat " * 100
    parts = (f"{long} b a", f"d {long}")
    [found] = await check().run([replace(item(parts[1]), together=parts)])
    assert found.scores["illicit"] > 0.5


async def test_nothing_in_nothing_out() -> None:
    assert await check().run([]) == []


async def test_people_on_lists_are_matches_and_their_names_stay_here() -> None:
    asked, named, other = await check().run(
        [item("a cat in the style of a-d-a Ex4mple"), item("Ada Example with a cat"), item("a red cat")]
    )
    assert [(found.list_name, found.entry, found.kind, found.method) for found in asked.matches] == [
        ("artists", "a1", "artist-living", "style")
    ]
    assert [found.method for found in named.matches] == ["name"]
    assert not other.matches
    assert asked.matches[0].list_digest == ARTISTS.digest
    assert "ada" not in repr(asked).lower()


async def test_a_name_across_two_texts_counts_for_the_last() -> None:
    parts = ("in the style of Ada", "Example")
    items = [item(parts[0]), replace(item(parts[1]), together=parts)]
    assert [len(found.matches) for found in await check().run(items)] == [0, 1]


def test_the_lists_stand_beside_the_models() -> None:
    *_, lists = check().models()
    assert (lists.name, lists.digest) == ("name-lists", NameMatcher([ARTISTS]).digest)


async def test_lists_change_between_batches_and_every_answer_says_which_it_rests_on() -> None:
    found = check()
    (names,) = found.refreshed()
    assert isinstance(names, Refreshed)
    asked = [item("Ada Example with a cat"), item("a red cat")]
    before = await found.run(asked)
    names.value = NameMatcher([])
    after = await found.run(asked)
    assert [(len(one.matches), *one.models) for one in before] == [
        (count, about(NameMatcher([ARTISTS]))) for count in (1, 0)
    ]
    assert [(len(one.matches), *one.models) for one in after] == [(0, about(NameMatcher([])))] * 2
    assert found.models()[-1] == about(NameMatcher([]))


async def test_a_batch_is_of_one_version_of_the_lists() -> None:
    found = check()
    (names,) = found.refreshed()
    assert isinstance(names, Refreshed)
    running = asyncio.create_task(found.run([item("Ada Example with a cat")] * 8))
    await asyncio.sleep(0)
    names.value = NameMatcher([])
    assert [len(one.matches) for one in await running] == [1] * 8
