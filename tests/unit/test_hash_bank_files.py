"""A bank's files: read as they are meant, or refused with file and line."""

from pathlib import Path

import pytest

from hash_matcher.bank_files import load_bank, load_banks
from sluice.errors import ConfigError
from sluice.hashes.listed import Listed

ABOUT = "name: partner\nkind: csam\ntest: false\nsource: a partner, 2026\nterms: matching only\n"
HEADER = "id,pdq,quality,md5,sha1,sha256\n"
PDQ, MD5, SHA1, SHA256 = "a1" * 32, "b2" * 16, "c3" * 20, "d4" * 32
BAD_ID = "id should be 1 to 128 printable ASCII characters without spaces"
BAD_NAME = "name should be small letters, digits and hyphens, at most 63"
LOW_QUALITY = "PDQ of quality 49 matches strangers: below 50, leave pdq empty"
ENTRIES = f"{HEADER}e1,{PDQ},97,,,\ne2,,,{MD5},{SHA1},{SHA256}\n"


def write_bank(folder: Path, about: str = ABOUT, entries: str | bytes = ENTRIES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bank.yaml").write_text(about, encoding="utf-8")
    (folder / "entries.csv").write_bytes(entries.encode() if isinstance(entries, str) else entries)
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        load_bank(folder)
    return [problem.removeprefix(f"{folder}/") for problem in refused.value.problems]


def test_a_bank_is_read(tmp_path: Path) -> None:
    bank = load_bank(write_bank(tmp_path / "partner", ABOUT + "threshold: 20\n"))
    assert (bank.name, bank.kind, bank.test, bank.threshold) == ("partner", "csam", False, 20)
    assert (bank.source, bank.terms) == ("a partner, 2026", "matching only")
    assert bank.entries == (
        Listed("e1", pdq=bytes.fromhex(PDQ), quality=97),
        Listed("e2", md5=bytes.fromhex(MD5), sha1=bytes.fromhex(SHA1), sha256=bytes.fromhex(SHA256)),
    )


def test_the_usual_variations_of_csv_are_read(tmp_path: Path) -> None:
    rows = f'id,pdq,quality,md5,sha1,sha256\r\ne1,{PDQ.upper()},,,,\r\n\r\n"e2",, ,{MD5} ,,\r\n'
    bank = load_bank(write_bank(tmp_path, entries="\ufeff" + rows))
    assert bank.threshold == 31
    assert bank.entries == (
        Listed("e1", pdq=bytes.fromhex(PDQ), quality=None),
        Listed("e2", md5=bytes.fromhex(MD5)),
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", ["entries.csv:1: the first line should be id,pdq,quality,md5,sha1,sha256"]),
        ("id,md5\nx,1\n", ["entries.csv:1: the first line should be id,pdq,quality,md5,sha1,sha256"]),
        (HEADER, ["entries.csv:1: no entries: a bank that matches nothing is not loaded"]),
        (f"{HEADER}e1,{PDQ}\n", ["entries.csv:2: 2 fields, should be 6"]),
        (f"{HEADER}e1,,,,,\n", ["entries.csv:2: none of pdq, md5, sha1, sha256"]),
        (f"{HEADER}\ne1,{PDQ}0,97,,,\n", ["entries.csv:3: pdq should be 64 hexadecimal digits"]),
        (f"{HEADER}e1,{'g' * 64},97,,,\n", ["entries.csv:2: pdq should be 64 hexadecimal digits"]),
        (f"{HEADER}e1,,,{SHA1},{MD5},\n", [
            "entries.csv:2: md5 should be 32 hexadecimal digits",
            "entries.csv:2: sha1 should be 40 hexadecimal digits",
        ]),
        (f"{HEADER}e 1,,,{MD5},,\n", [f"entries.csv:2: {BAD_ID}"]),
        (f"{HEADER}e1,{PDQ},101,,,\n", ["entries.csv:2: quality should be a number from 0 to 100, or empty"]),
        (f"{HEADER}e1,{PDQ},-1,,,\n", ["entries.csv:2: quality should be a number from 0 to 100, or empty"]),
        (f"{HEADER}e1,{PDQ},49,,,\n", [f"entries.csv:2: {LOW_QUALITY}"]),
        (f"{HEADER}e1,,,{MD5},,\ne1,,,{MD5},,\n", ["entries.csv:3: this id stands twice"]),
        (f'{HEADER}"e1,,,{MD5},,\n', ["entries.csv:2: not CSV"]),
        (HEADER.encode() + b"\xff\xfe\n", ["entries.csv:1: not UTF-8"]),
    ],
)  # fmt: skip
def test_wrong_entries_are_named(tmp_path: Path, rows: str | bytes, expected: list[str]) -> None:
    assert problems(write_bank(tmp_path, entries=rows)) == expected


def test_a_hash_of_low_quality_is_refused_but_its_digests_are_not(tmp_path: Path) -> None:
    bank = load_bank(write_bank(tmp_path, entries=f"{HEADER}e1,,12,{MD5},,\n"))
    assert bank.entries == (Listed("e1", quality=12, md5=bytes.fromhex(MD5)),)


def test_reading_stops_when_too_much_is_wrong(tmp_path: Path) -> None:
    found = problems(write_bank(tmp_path, entries=HEADER + "x,,,,,\n" * 1000))
    assert len(found) == 21
    assert found[-1] == "entries.csv:21: reading stopped here: too much is wrong"


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("", ["bank.yaml:1: should be a mapping with name, kind, test, source, terms"]),
        ("- name\n", ["bank.yaml:1: should be a mapping with name, kind, test, source, terms"]),
        ("name: [\n", ["bank.yaml:2: not YAML"]),
        ("name: \x07\n", ["bank.yaml:1: not YAML"]),
        (ABOUT.replace("kind: csam\n", ""), ["bank.yaml:1: kind is missing"]),
        (ABOUT + "owner: me\n", ["bank.yaml:6: unknown key 'owner'"]),
        (ABOUT + "[a]: me\n", ["bank.yaml:6: unknown key ''"]),
        (ABOUT + "name: other\n", ["bank.yaml:6: name stands twice"]),
        (ABOUT.replace("partner\n", "Part ner\n"), [f"bank.yaml:1: {BAD_NAME}"]),
        (ABOUT.replace("partner\n", "2026\n"), ["bank.yaml:1: name should be of type str"]),
        (ABOUT.replace("false", "perhaps"), ["bank.yaml:3: test should be of type bool"]),
        (ABOUT.replace("false", "off"), ["bank.yaml:3: test should be true or false"]),
        (ABOUT + "threshold: 65\n", ["bank.yaml:6: threshold should be a number of bits from 0 to 64"]),
        (ABOUT + "threshold: -1\n", ["bank.yaml:6: threshold should be a number of bits from 0 to 64"]),
        (ABOUT + "threshold: '31'\n", ["bank.yaml:6: threshold should be of type int"]),
        (ABOUT.replace("a partner, 2026", "{a: 1}"), ["bank.yaml:4: source should be of type str"]),
    ],
)  # fmt: skip
def test_a_wrong_description_is_named(tmp_path: Path, about: str, expected: list[str]) -> None:
    assert problems(write_bank(tmp_path, about)) == expected


def test_missing_files_are_named(tmp_path: Path) -> None:
    assert problems(tmp_path) == [
        "bank.yaml:1: No such file or directory",
        "entries.csv:1: No such file or directory",
    ]


def test_all_banks_of_a_folder_are_loaded_by_name(tmp_path: Path) -> None:
    write_bank(tmp_path / "b", ABOUT.replace("partner\n", "zeta\n", 1))
    write_bank(tmp_path / "a", ABOUT)
    write_bank(tmp_path / ".hidden", "nonsense")
    (tmp_path / "README").write_text("not a bank")
    assert [bank.name for bank in load_banks(tmp_path)] == ["partner", "zeta"]


def test_no_folder_means_no_banks(tmp_path: Path) -> None:
    assert load_banks(tmp_path / "none") == ()


def test_one_wrong_bank_refuses_them_all_and_every_problem_is_named(tmp_path: Path) -> None:
    write_bank(tmp_path / "good")
    write_bank(tmp_path / "bad", about="")
    write_bank(tmp_path / "twin")
    with pytest.raises(ConfigError) as refused:
        load_banks(tmp_path)
    assert refused.value.problems == (
        f"{tmp_path}/bad/bank.yaml:1: should be a mapping with name, kind, test, source, terms",
        f"{tmp_path}/twin/bank.yaml:1: another bank is called partner too",
    )
