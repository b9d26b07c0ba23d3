"""Names found in texts, whole and in any dress; never inside other words."""

from pathlib import Path

import pytest

from sluice.names.files import load_lists
from sluice.names.lists import Entry, ListKind, NameList, Term
from sluice.names.matcher import MOST_MATCHES, NameMatcher

SHIPPED = NameMatcher(load_lists([Path(__file__).parents[2] / "policies" / "lists"]))


def entry(identity: str, *terms: str, kind: ListKind = ListKind.ARTIST) -> Entry:
    return Entry(identity, kind, tuple(Term(term.lstrip("~"), term[0] == "~") for term in terms), "a test")


def matcher(*entries: Entry) -> NameMatcher:
    return NameMatcher([NameList("mine", entries)])


def found(names: NameMatcher, text: str) -> list[tuple[str, bool]]:
    return [(match.entry, match.style) for match in names.find(text)]


MINE = matcher(
    entry("ada", "Ada Example", "~Example", "林愛龍"),
    entry("rain", "~Rain"),
    entry("okee", "Ann-Marie O'Keeffe"),
    entry("paloma", "Paloma Picasso"),
    entry("lee", "이우환"),
    entry("giger", "H. R. Living"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in the style of ADA EXAMPLE", [("ada", True)]),
        ("in the style of Ádá Exámple", [("ada", True)]),
        ("Ada_Example style", [("ada", True)]),
        ("#adaexample style", [("ada", True)]),
        ("in the style of a-d-a Ex4mple", [("ada", True)]),
        ("in the 5tyle of Ada Exampl3", [("ada", True)]),
        ("in the style of \uff21\uff44\uff41 Ex\u0430mple", [("ada", True)]),
        ("Ada Example's dog", [("ada", False)]),
        ("the Ada Examples", [("ada", False)]),
        ("模仿林愛龍的花", [("ada", True)]),
        ("模仿林爱龙的花", [("ada", True)]),
        ("林 愛 龍在吃午饭", [("ada", False)]),
        ("Ann Marie O\u2019Keeffe", [("okee", False)]),
        ("annmarie okeeffe style", [("okee", True)]),
        ("HR Living style", [("giger", True)]),
        ("이우환의 화풍으로", [("lee", True)]),
        ("Picasso style portrait", []),
        ("in the style of Picasso", []),
        ("Paloma Picasso style ring", [("paloma", True)]),
        ("an example in an unusual style", []),
        ("a street in the rain", []),
        ("rain, by night, 8k", []),
        ("in the style of Rain", [("rain", True)]),
        ("in the style of rainbow brite", []),
        ("Ada Exampleton style", []),
        ("Canada Example style", []),
        ("", []),
    ],
)
def test_tricky_pairs(text: str, expected: list[tuple[str, bool]]) -> None:
    assert found(MINE, text) == expected


def test_the_longest_name_counts() -> None:
    names = matcher(entry("short", "Ada Example"), entry("long", "Ada Example Smith"))
    assert found(names, "Ada Example Smith style") == [("long", True)]
    assert found(names, "Ada Example Smith style, Ada Example eating") == [("long", True), ("short", False)]


def test_a_longer_name_that_does_not_count_hides_nothing() -> None:
    names = matcher(entry("short", "Ada Example"), entry("long", "~Ada Example Smith"))
    assert found(names, "Ada Example Smith eating") == [("short", False)]


def test_two_lists_with_the_same_name_are_both_reported() -> None:
    artists = NameList("artists", (entry("a", "Ada Example"),))
    opted = NameList("opted-out", (entry("o", "Ada Example", kind=ListKind.OPTED_OUT),))
    one, two = NameMatcher([opted, artists]).find("in the style of Ada Example")
    assert (one.list_name, one.entry, one.kind, one.list_digest) == ("artists", "a", ListKind.ARTIST, artists.digest)
    assert (two.list_name, two.entry, two.kind, two.list_digest) == (
        "opted-out",
        "o",
        ListKind.OPTED_OUT,
        opted.digest,
    )


def test_one_place_that_asks_is_enough_and_readings_count_together() -> None:
    assert found(MINE, "Ada Example eating in a room in the style of Ada Example") == [("ada", True)]
    readings = ["ada example eating", "in the style of ada example"]
    assert [match.style for match in MINE.find_folded(readings)] == [True]


def test_no_list_finds_nobody() -> None:
    assert NameMatcher([]).find("in the style of Ada Example") == ()
    assert matcher().find("in the style of Ada Example") == ()


def test_matches_are_bounded_and_styles_come_first() -> None:
    names = matcher(*[entry(f"e{place:02}", f"Person {place:02} Ex") for place in range(50)])
    text = " ".join(f"Person {place:02} Ex waves." for place in range(50)) + " In the style of Person 49 Ex"
    matches = names.find(text)
    assert len(matches) == MOST_MATCHES
    assert (matches[0].entry, matches[0].style, matches[1].style) == ("e49", True, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a swimming pool in the style of David Hockney", [("david-hockney", True)]),
        ("David Hockney eating lunch", [("david-hockney", False)]),
        ("baby walker on a street, Kara Walker style", [("kara-walker", True)]),
        ("草间弥生风格的南瓜", [("yayoi-kusama", True)]),
        ("by greg rutkowski, wlop, artgerm", [("greg-rutkowski", True)]),
        ("in the style of Pablo Picasso", []),
        ("in the style of Vincent van Gogh", []),
        ("in the style of Claude Monet and Frida Kahlo", []),
        ("a photo of James Jean, my neighbour", []),
        ("in the style of James Jean", [("james-jean", True)]),
        ("alex grey cat", []),
    ],
)
def test_the_shipped_lists(text: str, expected: list[tuple[str, bool]]) -> None:
    assert found(SHIPPED, text) == expected
