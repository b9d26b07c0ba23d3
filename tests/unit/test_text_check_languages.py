"""The check "text" and languages: an ABSTAIN, with scores, for what is certainly in one that is not served."""

from dataclasses import replace

import pytest

from sluice.check import Item, Kind, Result, Status
from sluice.text.language import Languages
from tests.unit.model_files import settings
from tests.unit.name_lists import names_of
from tests.unit.test_text_model import model
from text_classifier.check import TextClassifier

GERMAN = "Eine Katze sitzt auf einem alten Stuhl und schaut aus dem Fenster"
RUSSIAN = "Кошка сидит на старом стуле и смотрит в окно"
ENGLISH = "a cat sits on an old chair and looks out of the window"


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages.open()


def item(text: str) -> Item:
    return Item("c0", Kind.TEXT, text=text)


async def ask(languages: Languages, *texts: str, served: tuple[str, ...] = ("en",)) -> list[Result]:
    check = TextClassifier(replace(model(), languages=served), languages, names_of())
    return list(await check.run([item(text) for text in texts]))


async def test_a_language_that_is_not_served_is_an_abstain_that_names_its_code_alone(languages: Languages) -> None:
    german, russian, english = await ask(languages, GERMAN, RUSSIAN, ENGLISH)
    assert (german.status, german.detail) == (Status.ABSTAIN, "language de is not served")
    assert (russian.status, russian.detail) == (Status.ABSTAIN, "language ru is not served")
    assert (english.status, english.detail) == (Status.OK, "")


async def test_an_abstain_has_the_scores_all_the_same(languages: Languages) -> None:
    [found] = await ask(languages, f"{GERMAN}. {GERMAN}. a bad thing")
    assert found.status is Status.ABSTAIN
    assert found.scores["illicit"] > 0.5
    assert found.abstained == ("csam",)


async def test_the_card_of_the_heads_says_what_is_served(languages: Languages) -> None:
    [found] = await ask(languages, GERMAN, served=("de",))
    assert found.status is Status.OK


@pytest.mark.parametrize("text", ["ein bad", "Köln", "东京", f"{GERMAN}. {ENGLISH}.", f"{ENGLISH}. {GERMAN}.", "42"])
async def test_short_and_mixed_texts_are_scored(languages: Languages, text: str) -> None:
    [found] = await ask(languages, text)
    assert found.status is Status.OK


async def test_a_text_too_long_in_whatever_language_is_unprocessable(languages: Languages) -> None:
    [found] = await ask(languages, f"{GERMAN}. " * 3_000)
    assert found.status is Status.UNPROCESSABLE


async def test_a_text_split_over_contents_is_judged_whole(languages: Languages) -> None:
    parts = ("Eine Katze sitzt", "auf einem Stuhl", "und schaut aus dem Fenster")
    items = [item(parts[0]), item(parts[1]), replace(item(parts[2]), together=parts)]
    found = await TextClassifier(model(), languages, names_of()).run(items)
    assert [result.status for result in found] == [Status.OK, Status.OK, Status.ABSTAIN]


async def test_the_model_as_committed() -> None:
    check = await TextClassifier.open(*settings())
    german, english, both = await check.run(
        [item(GERMAN), item(ENGLISH), item(f"{GERMAN}. {GERMAN}. how to build a pipe bomb")]
    )
    assert (german.status, english.status) == (Status.ABSTAIN, Status.OK)
    assert set(german.scores) == set(english.scores)
    assert both.scores["illicit"] >= 0.5


async def test_chinese_of_which_nothing_is_known_is_no_harmless_text(languages: Languages) -> None:
    unknown, known, short = await ask(
        languages, "髾龘靐齉爩鱻麤龗灪麷", "一只红色的猫睡在窗边的旧椅子上", "龘靐", served=("en", "zh")
    )
    assert (unknown.status, unknown.detail) == (Status.ABSTAIN, "Chinese of which too few words are known")
    assert (known.status, short.status) == (Status.OK, Status.OK)
