"""The file that describes a store's banks."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.hashes.banks import Bank, load_banks_file

GOOD = """\
partner-2026:
  kind: csam
  source: a partner
  terms: matching
  fresh_for: 24h
other: {kind: terror, source: s, terms: t, test: true, threshold: 20, ratio: 0.25, negative: true}
"""


def load(folder: Path, text: str | bytes) -> dict[str, Bank]:
    path = folder / "banks.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return dict(load_banks_file(path))


def problems(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return [problem.partition("banks.yaml:")[2] for problem in caught.value.problems]


def test_a_good_file(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == {
        "partner-2026": Bank("partner-2026", "csam", False, "a partner", "matching", 31, 1.0, False, 86_400_000),
        "other": Bank("other", "terror", True, "s", "t", 20, 0.25, True, 0),
    }


@pytest.mark.parametrize(
    ("changed", "to", "says"),
    [
        ("kind: csam", "kind: CSAM", "2: kind should be small letters, digits and hyphens, at most 63"),
        ("kind: csam", "kin: csam", "2: unknown key 'kin'"),
        ("source: a partner", "source: 3", "3: source should be of type str"),
        ("source: a partner", "source: ''", "3: source should be of type str"),
        ("  source: a partner\n", "", "2: source is missing"),
        ("24h", "24", "5: fresh_for should be of type str"),
        ("24h", "a day", "5: fresh_for should be a span of time, as 30m, 24h or 7d"),
        ("24h", "0h", "5: fresh_for should be a span of time, as 30m, 24h or 7d"),
        ("threshold: 20", "threshold: 65", "6: threshold should be a number of bits from 0 to 64"),
        ("threshold: 20", "threshold: -1", "6: threshold should be a number of bits from 0 to 64"),
        ("ratio: 0.25", "ratio: 1.5", "6: ratio should be a number from 0 to 1, as 0.25"),
        ("ratio: 0.25", "ratio: .nan", "6: ratio should be a number from 0 to 1, as 0.25"),
        ("test: true", "test: yes", "6: test should be true or false"),
        ("test: true", "test: [true]", "6: test should be of type bool"),
        ("other:", "Other:", "6: a bank's name should be small letters, digits and hyphens, at most 63"),
        ("other:", "partner-2026:", "6: partner-2026 stands twice"),
        ("kind: terror,", "kind: terror, kind: terror,", "6: kind stands twice"),
        ("kind: csam", "kind: csam\n  ratio: 0.5", "1: ratio is always 1 in a bank of known CSAM"),
        (
            "kind: csam",
            "kind: csam\n  negative: true",
            "1: a negative bank is of another kind: what it holds is known not to be CSAM",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, changed: str, to: str, says: str) -> None:
    assert changed in GOOD
    assert says in problems(tmp_path, GOOD.replace(changed, to))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1: should be a mapping from names of banks"),
        ("{}", "1: should be a mapping from names of banks"),
        ("- a", "1: should be a mapping from names of banks"),
        ("a: b", "1: a should be a mapping with kind, source, terms"),
        ("a: [", "1: not YAML"),
        (b"\xff", "1: not UTF-8"),
        (b"\x00", "1: not YAML"),
        ("x: 1\n" * 300_000, "1: larger than 1048576 bytes"),
    ],
)
def test_what_is_no_description_is_refused(tmp_path: Path, text: str | bytes, says: str) -> None:
    assert problems(tmp_path, text)[0].startswith(says)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"banks\.yaml:1: No such file"):
        load_banks_file(tmp_path / "banks.yaml")


def test_a_ratio_counts_about_its_share_and_the_same_entries_always() -> None:
    ids = [str(number) for number in range(4000)]
    some = {name for name in ids if Bank("b", "x", ratio=0.25).counts(name)}
    more = {name for name in ids if Bank("b", "x", ratio=0.5).counts(name)}
    assert 900 < len(some) < 1100
    assert 1900 < len(more) < 2100
    assert some < more
    assert {name for name in ids if Bank("c", "x", ratio=0.25).counts(name)} != some
    assert all(Bank("b", "x").counts(name) for name in ids)
    assert not any(Bank("b", "x", ratio=0.0).counts(name) for name in ids)
