"""Simple types of XML Schema: what is one, what is not, and that an objection does not repeat it."""

import pytest

from reporter.tipline.xsd_types import Simple, is_builtin


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("boolean", ["true", "0", " false "], ["True", "yes", ""]),
        ("dateTime", ["2026-01-01T00:00:00Z", "2026-02-28T23:59:59.5+05:30"], ["2026-01-01", "2026-02-30T00:00:00Z"]),
        (
            "dateTime",
            ["2026-01-01T00:00:00"],
            ["2026-01-01T25:00:00Z", "x2026-01-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z"],
        ),
        ("date", ["2026-01-31", "2026-01-31Z"], ["2026-02-31", "31.1.2026"]),
        ("int", ["-2147483648", "+7"], ["2147483648", "1.0", "", "1 2"]),
        ("long", ["9223372036854775807"], ["9223372036854775808", "9" * 5000]),
        ("positiveInteger", ["1"], ["0"]),
        ("unsignedByte", ["255"], ["256", "-1"]),
        ("decimal", ["1.5", "-.5"], ["1e5", "one"]),
        ("double", ["1e5", "-INF", "NaN"], ["inf", ""]),
        ("hexBinary", ["00ff", ""], ["0", "xy"]),
        ("language", ["en-US"], ["english language"]),
        ("string", ["", "anything"], []),
    ],
)
def test_builtin(name: str, good: list[str], bad: list[str]) -> None:
    assert is_builtin(name)
    assert [text for text in good if Simple(name).objection(text)] == []
    assert [text for text in bad if not Simple(name).objection(text)] == []


def test_narrowed_types_keep_what_they_narrow() -> None:
    short = Simple("string", Simple("string"), shortest=1, longest=3)
    shorter = Simple("string", short, longest=2)
    assert [shorter.objection(text) == "" for text in ("", "a", "ab", "abc", "abcd")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_an_objection_does_not_repeat_the_text() -> None:
    for type_ in (
        Simple("int"),
        Simple("boolean"),
        Simple("string", Simple("string"), longest=2),
        Simple("string", Simple("string"), enumeration=frozenset({"a"})),
    ):
        assert "canary" not in type_.objection("a-canary")
        assert type_.objection("a-canary")
