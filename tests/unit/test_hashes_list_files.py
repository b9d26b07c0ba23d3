"""Lists in files, read in runs: every bad line is named, and low quality is counted."""

import gzip
from pathlib import Path

import pytest

from sluice.hashes import list_files
from sluice.hashes.build import build
from sluice.hashes.list_files import BadListError, Reading, ids_in, listed_in, read_lists
from sluice.hashes.listed import Listed
from sluice.hashes.snapshot import Snapshot

HEADER = "id,pdq,quality,md5,sha1,sha256\n"
PDQ, MD5, SHA1, SHA256 = "a1" * 32, "b2" * 16, "c3" * 20, "d4" * 32
COLUMNS = "the first line should name the columns: id and some of pdq, quality, md5, sha1, sha256"
Seen = list[tuple[str, str, int | None, tuple[str, ...]]]
"""Id, PDQ, quality, kinds of exact digest of an entry."""


def write(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def reading(told: list[str] | None = None, skip: bool = False) -> Reading:
    return Reading((told if told is not None else []).append, skip)


def built(folder: Path, text: str | bytes, found: Reading, name: str = "list.csv") -> Seen:
    """What a file of hashes built of the list holds."""
    build(folder / "base", read_lists([(3, write(folder, text, name))], found))
    snapshot = Snapshot.open(folder / "base")
    stats = snapshot.stats()
    pdq = {number: snapshot.pdq(row).hex() for row in range(stats.hashes) for number in snapshot.entries_of(row)}
    kinds = {"md5": MD5, "sha1": SHA1, "sha256": SHA256}
    exact = {kind: set(snapshot.known(kind, bytes.fromhex(digest))) for kind, digest in kinds.items()}
    seen: Seen = []
    for number in range(stats.entries):
        entry = snapshot.entry(number)
        assert entry.bank == 3
        of = tuple(kind for kind, numbers in exact.items() if number in numbers)
        seen.append((entry.id, pdq.get(number, ""), entry.quality, of))
    return seen


def refused(folder: Path, text: str | bytes, name: str = "list.csv") -> list[str]:
    """What is wrong, told as it is met and again in the end."""
    told: list[str] = []
    path = write(folder, text, name)
    with pytest.raises(BadListError) as caught:
        list(read_lists([(0, path)], reading(told)))
    assert told == list(caught.value.problems)[: len(told)]
    return [problem.removeprefix(f"{folder}/").replace(f"{folder}/", "") for problem in caught.value.problems]


def test_a_list_is_read(tmp_path: Path) -> None:
    found = reading()
    rows = f"\ufeff{HEADER}e1,{PDQ.upper()},97,,,\r\n\r\n e2 ,,,{MD5},{SHA1}, {SHA256}\ne3,{PDQ},,{MD5},,\n"
    assert built(tmp_path, rows, found) == [
        ("e1", PDQ, 97, ()),
        ("e2", "", None, ("md5", "sha1", "sha256")),
        ("e3", PDQ, None, ("md5",)),
    ]
    assert (found.lines, found.bad, found.refused) == (3, 0, 0)
    assert found.read_bytes == (tmp_path / "list.csv").stat().st_size


def test_columns_may_be_few_and_in_any_order(tmp_path: Path) -> None:
    assert built(tmp_path, f"md5,id\n{MD5},e1\n", reading()) == [("e1", "", None, ("md5",))]
    found = reading()
    assert built(tmp_path, f"id,quality,pdq\ne1,007,{PDQ}\ne2,050,{PDQ}\n", found) == [("e2", PDQ, 50, ())]
    assert (found.lines, found.refused) == (1, 1)


def test_json_lines_are_read(tmp_path: Path) -> None:
    rows = f'{{"id": "e1", "pdq": "{PDQ}", "quality": 80}}\n\n{{"md5": "{MD5}", "id": "e2", "sha1": null}}\n'
    assert built(tmp_path, rows, reading(), "list.jsonl") == [("e1", PDQ, 80, ()), ("e2", "", None, ("md5",))]


def test_pdq_hashes_of_low_quality_are_refused_and_counted(tmp_path: Path) -> None:
    found = reading()
    rows = f"{HEADER}e1,{PDQ},49,,,\ne2,{PDQ},0,{MD5},,\ne3,{PDQ},50,,,\ne4,,12,{MD5},,\n"
    assert built(tmp_path, rows, found) == [
        ("e2", "", None, ("md5",)),
        ("e3", PDQ, 50, ()),
        ("e4", "", None, ("md5",)),
    ]
    assert (found.lines, found.refused) == (3, 2)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", [f"list.csv:1: {COLUMNS}"]),
        ("id\n", [f"list.csv:1: {COLUMNS}"]),
        ("id,id,md5\n", [f"list.csv:1: {COLUMNS}"]),
        ("pdq,md5\n", [f"list.csv:1: {COLUMNS}"]),
        ("id,md5,phash\n", [f"list.csv:1: {COLUMNS}"]),
        (HEADER, ["list.csv:1: no entries: a bank that matches nothing is not built"]),
        (f"{HEADER}e1,{PDQ},49,,,\n", ["list.csv:1: no entries: a bank that matches nothing is not built"]),
        (f"{HEADER}e1,{PDQ}\n", ["list.csv:2: 2 fields, should be 6"]),
        (f"{HEADER}e1,,,,,\n", ["list.csv:2: none of pdq, md5, sha1, sha256"]),
        (f"{HEADER}e1,{PDQ[:30]} {PDQ[:33]},97,,,\n", ["list.csv:2: pdq should be 64 hexadecimal digits"]),
        (f"{HEADER}e1,{'é' * 64},97,,,\n", ["list.csv:2: pdq should be 64 hexadecimal digits"]),
        (f"{HEADER}e1,{PDQ},101,,,\n", ["list.csv:2: quality should be a number from 0 to 100, or empty"]),
        (f"{HEADER}e1,{PDQ},²,,,\n", ["list.csv:2: quality should be a number from 0 to 100, or empty"]),
        (f"{HEADER}e 1,,,{MD5},,\n", ["list.csv:2: id should be 1 to 128 printable ASCII characters without spaces"]),
        (f"{HEADER}e1,,,{MD5},,\ne2,,,{MD5},,\ne1,,,,{SHA1},\n", [
            "list.csv:4: this id stands twice, first in list.csv:2",
        ]),
        (f"{HEADER}e1,,,{MD5}x,,\ne2,,,,{MD5},\ne3,,,{MD5},,\n", [
            "list.csv:2: md5 should be 32 hexadecimal digits",
            "list.csv:3: sha1 should be 40 hexadecimal digits",
        ]),
        (f'{HEADER}e1,,,{MD5},,\n"e2,,,{MD5},,\n', ["list.csv:3: not CSV"]),
        (f'{HEADER}"e1,,,{MD5},,\ne2",,,{MD5},,\ne3,,,{MD5},,\n', [
            "list.csv:3: a field over several lines: a quotation mark before it is not closed",
        ]),
        (gzip.compress(HEADER.encode(), mtime=0), ["list.csv:1: compressed: unpack it first, with gzip -d"]),
        (HEADER.encode() + b"e1,,,\xff\n", ["list.csv:2: not UTF-8"]),
        (HEADER + "e" * 70_000, ["list.csv:2: a line of more than 65536 bytes"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, rows: str | bytes, expected: list[str]) -> None:
    assert refused(tmp_path, rows) == expected


@pytest.mark.parametrize("line", ["[]", "3", "{", '{"id": "e1", "phash": "00"}', "[" * 60_000])
def test_lines_that_are_no_objects_are_named(tmp_path: Path, line: str) -> None:
    says = "list.jsonl:2: should be a JSON object with some of id, pdq, quality, md5, sha1, sha256"
    assert refused(tmp_path, f'{{"id": "e1", "md5": "{MD5}"}}\n{line}\n', "list.jsonl") == [says]


def test_reading_stops_when_too_much_is_wrong(tmp_path: Path) -> None:
    found = refused(tmp_path, HEADER + "x,,,,,\n" * 1000)
    assert (len(found), found[-1]) == (21, "reading stopped here: too much is wrong")


def test_bad_lines_can_be_left_out_and_each_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    found = reading(told, skip=True)
    rows = HEADER + "x,,,,,\n" * 100 + f"e1,{PDQ},97,,,\ne2,{PDQ}\n"
    assert built(tmp_path, rows, found) == [("e1", PDQ, 97, ())]
    assert (found.lines, found.bad, len(told)) == (1, 101, 101)


@pytest.mark.parametrize(
    "rest",
    [
        b"e2,\xff\n",
        b"e2," + b"a" * 70_000 + b"\n",
        b'"e2,\n',
        f'"e2,{MD5}\ne3",{MD5}\n'.encode(),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_no_bad_line(tmp_path: Path, rest: bytes) -> None:
    """What stands behind would be missing from the list, and nobody would know how much that is."""
    path = write(tmp_path, f"id,md5\ne1,{MD5}\n".encode() + rest + f"e4,{MD5}\n".encode())
    other = write(tmp_path, f"id,md5\ne5,{MD5}\n", "other.csv")
    for read in (
        lambda found: read_lists([(0, other), (0, path)], found),
        lambda found: listed_in([other, path], found),
        lambda found: ids_in(path, found),
    ):
        with pytest.raises(BadListError, match=r"list\.csv:[34]: "):
            list(read(reading(skip=True)))


def test_a_file_without_names_of_columns_is_no_bad_line(tmp_path: Path) -> None:
    one = write(tmp_path, f"{HEADER}e1,{PDQ},97,,,\n", "one.csv")
    two = write(tmp_path, f"e2,{PDQ},97,,,\n", "two.csv")
    with pytest.raises(BadListError, match=rf"two\.csv:1: {COLUMNS}"):
        list(read_lists([(0, one), (0, two)], reading(skip=True)))


def test_a_file_that_is_named_twice_has_its_ids_twice(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEADER}e1,{PDQ},97,,,\n")
    with pytest.raises(BadListError, match="this id stands twice"):
        list(read_lists([(0, path), (0, path)], reading()))


def test_an_id_that_is_added_twice_would_lose_what_stood_first(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEADER}e1,,,{MD5},,\ne1,,,,{SHA1},\n")
    with pytest.raises(BadListError, match=r"list\.csv:3: this id stands twice, first in .*list\.csv:2"):
        list(listed_in([path], reading(skip=True)))


@pytest.mark.parametrize("identity", ["[1]", "true", '{"a":1}', "1.5"])
def test_an_id_in_json_is_a_text_or_a_whole_number(tmp_path: Path, identity: str) -> None:
    good = f'{{"id": 7, "md5": "{MD5}"}}\n'
    assert built(tmp_path, good, reading(), "list.jsonl") == [("7", "", None, ("md5",))]
    (problem,) = refused(tmp_path, good + f'{{"id": {identity}, "md5": "{MD5}"}}\n', "list.jsonl")
    assert problem.startswith("list.jsonl:2: id should be 1 to 128 printable")


def test_the_same_id_twice_is_never_left_out(tmp_path: Path) -> None:
    told: list[str] = []
    path = write(tmp_path, f"{HEADER}e1,{PDQ},97,,,\nbad\ne1,{PDQ},97,,,\n")
    with pytest.raises(BadListError):
        list(read_lists([(0, path)], reading(told, skip=True)))
    assert told[-1] == f"{path}:4: this id stands twice, first in {path}:2"


def test_two_files_of_a_bank_are_one_list_and_those_of_two_are_not(tmp_path: Path) -> None:
    one = write(tmp_path, f"{HEADER}e1,{PDQ},97,,,\n", "one.csv")
    two = write(tmp_path, f"{HEADER}e1,{PDQ},97,,,\n", "two.csv")
    assert sum(len(run) for run in read_lists([(0, one), (1, two)], reading())) == 2
    with pytest.raises(BadListError, match=r"two\.csv:2: this id stands twice, first in .*one\.csv:2"):
        list(read_lists([(0, one), (0, two)], reading()))


def test_runs_are_bounded_and_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_files, "RUN", 3)
    path = write(tmp_path, HEADER + "".join(f"e{n},{PDQ},,,,\n" for n in range(8)))
    runs = list(read_lists([(0, path)], reading()))
    assert [len(run) for run in runs] == [3, 3, 2]


def test_a_few_entries_and_ids_alone(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEADER}e1,{PDQ},97,,,\ne2,{PDQ},3,{MD5},,\ne3,{PDQ},3,,,\n")
    found = reading()
    assert list(listed_in([path], found)) == [
        Listed("e1", bytes.fromhex(PDQ), 97),
        Listed("e2", md5=bytes.fromhex(MD5)),
    ]
    assert (found.lines, found.refused) == (2, 2)
    assert list(ids_in(path, reading())) == ["e1", "e2", "e3"]
    with pytest.raises(BadListError, match=r"list\.csv:2: id should be"):
        list(ids_in(write(tmp_path, "id,md5\n \t,\n"), reading()))
