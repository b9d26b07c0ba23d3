"""The check "text": results in order, and a text that cannot be scored whole is UNPROCESSABLE by itself."""

from sluice.check import Item, Kind, Status
from tests.unit.test_text_model import model
from text_classifier.check import TextClassifier


def item(text: str) -> Item:
    return Item("c0", Kind.TEXT, text=text)


async def test_results_are_in_order_and_name_what_is_abstained() -> None:
    results = await TextClassifier(model()).run([item("a bad thing"), item("a red cat")])
    assert [result.status for result in results] == [Status.OK, Status.OK]
    assert [result.scores["illicit"] > 0.5 for result in results] == [True, False]
    assert results[0].abstained == ("csam",)


async def test_too_long_is_unprocessable_and_spares_its_neighbours() -> None:
    secret = "cat " * 20_000
    results = await TextClassifier(model()).run([item("a bad thing"), item(secret), item("a red cat")])
    assert [result.status for result in results] == [Status.OK, Status.UNPROCESSABLE, Status.OK]
    assert not results[1].scores
    assert "cat" not in results[1].detail
    assert results[0].scores["illicit"] > 0.5 > results[2].scores["illicit"]


async def test_nothing_in_nothing_out() -> None:
    assert await TextClassifier(model()).run([]) == []
