"""Files of names: read as they are meant, or refused with file and line."""

from pathlib import Path

import pytest

from sluice import refreshed
from sluice.csv_lists import MOST_PROBLEMS
from sluice.errors import ConfigError
from sluice.names import files
from sluice.names.files import load_list, load_lists
from sluice.names.lists import Entry, ListKind, Term, digest_of

HEADER = "id,name,aliases,kind,source,note\n"
BAD_ID = "id should be 1 to 128 printable ASCII characters without spaces"
BAD_KIND = "kind should be one of artist-living, public-figure-opted-out, public-minor"
UNSEEN = "name holds a character that cannot be seen"
SHIPPED = Path(__file__).parents[2] / "policies" / "lists"


def write(folder: Path, rows: str | bytes, name: str = "artists") -> Path:
    file = folder / f"{name}.csv"
    file.write_bytes(rows.encode() if isinstance(rows, str) else rows)
    return file


def problems(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        load_list(file)
    return [problem.removeprefix(f"{file.parent}/") for problem in refused.value.problems]


def test_a_list_is_read(tmp_path: Path) -> None:
    rows = f'\ufeff{HEADER}a1, Ada  Example ,A. Example| ~Example,artist-living,a book,"born, 1970"\r\n\r\n'
    found = load_list(write(tmp_path, rows))
    terms = (Term("Ada Example"), Term("A. Example"), Term("Example", style_only=True))
    assert found.name == "artists"
    assert found.entries == (Entry("a1", ListKind.ARTIST, terms, "a book", "born, 1970"),)


def test_a_header_alone_is_a_list_of_nobody(tmp_path: Path) -> None:
    assert load_list(write(tmp_path, HEADER)).entries == ()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", ["artists.csv:1: the first line should be id,name,aliases,kind,source,note"]),
        ("id,name\n", ["artists.csv:1: the first line should be id,name,aliases,kind,source,note"]),
        (f"{HEADER}a1,Ada\n", ["artists.csv:2: 2 fields, should be 6"]),
        (f"{HEADER}a 1,Ada Ex,,artist-living,s,\n", [f"artists.csv:2: {BAD_ID}"]),
        (f"{HEADER}a1,Ada Ex,,artist,s,\n", [f"artists.csv:2: {BAD_KIND}"]),
        (f"{HEADER}a1,,,artist-living,s,\n", ["artists.csv:2: name is empty"]),
        (f"{HEADER}a1,JR,,artist-living,s,\n", ["artists.csv:2: name is too short to be looked for: 2 letters"]),
        (f"{HEADER}a1,Ada Ex,Ada|,artist-living,s,\n", ["artists.csv:2: alias 2 is empty"]),
        (f"{HEADER}a1,Ada\u202eEx,,artist-living,s,\n", [f"artists.csv:2: {UNSEEN}"]),
        (f"{HEADER}a1,Ada Ex,,artist-living,s,\na1,Bob,,artist-living,s,\n", ["artists.csv:3: this id stands twice"]),
        (f'{HEADER}a1,"Ada,,artist-living,s,\n', ["artists.csv:3: not CSV"]),
        (HEADER.encode() + b"a1,\xff,,,,\n", ["artists.csv:2: not UTF-8"]),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, rows: str | bytes, expected: list[str]) -> None:
    assert problems(write(tmp_path, rows)) == expected


def test_a_source_is_required_and_long_fields_are_refused(tmp_path: Path) -> None:
    long = "x" * (files.LONGEST_NOTE + 1)
    rows = f"{HEADER}a1,Ada Ex,,artist-living,,\na2,Ada Ex,,artist-living,s,{long}\na3,{long},,artist-living,s,\n"
    found = problems(write(tmp_path, rows))
    assert [problem.split(":")[1] for problem in found] == ["2", "3", "4"]
    assert found[2].endswith("name has more than 100 characters")


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    write(tmp_path, f"{HEADER}a1,,,artist-living,s,\n")
    write(tmp_path, f"{HEADER}b1,Bob Ex,,nobody,s,\n", "others")
    write(tmp_path, HEADER, "Bad Name")
    with pytest.raises(ConfigError) as refused:
        load_lists([tmp_path, tmp_path / "missing"])
    assert [problem.rpartition("/")[2].split(":")[0] for problem in refused.value.problems] == [
        "missing",
        "Bad Name.csv",
        "artists.csv",
        "others.csv",
    ]


def test_hostile_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = problems(write(tmp_path, HEADER + "x\n" * 10_000))
    assert len(wrong) == MOST_PROBLEMS + 1
    aliases = "|".join(f"Ada Ex {place:03}" for place in range(files.MOST_ALIASES + 1))
    assert problems(write(tmp_path, f"{HEADER}a1,Ada Ex,{aliases},artist-living,s,\n")) == [
        "artists.csv:2: more than 32 aliases"
    ]
    monkeypatch.setattr(files, "MOST_ENTRIES", 2)
    rows = "".join(f"a{place},Ada Ex,,artist-living,s,\n" for place in range(5))
    assert problems(write(tmp_path, HEADER + rows)) == ["artists.csv:4: reading stopped here: more than 2 entries"]
    monkeypatch.setattr(refreshed, "MOST_BYTES", 50)
    assert problems(write(tmp_path, HEADER + rows)) == ["artists.csv:1: larger than 50 bytes"]
    monkeypatch.setattr(files, "MOST_FILES", 1)
    write(tmp_path, HEADER, "others")
    with pytest.raises(ConfigError, match="more than 1 files of names"):
        load_lists([tmp_path])


def test_two_lists_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(ConfigError, match="another list is called artists too"):
        load_lists([write(tmp_path / "a", HEADER), write(tmp_path / "b", HEADER)])


def test_the_digest_is_of_what_decides(tmp_path: Path) -> None:
    one, two = "a1,Ada Ex,Ada|~Exa,artist-living,s,\n", "a2,Bob Ex,,artist-living,s,\n"
    first = load_list(write(tmp_path, HEADER + one + two))
    noted = one.replace(",s,", ",another,noted").replace("Ada|~Exa", "~Exa|Ada")
    assert load_list(write(tmp_path, HEADER + two + noted)).digest == first.digest
    for change in (one.replace("~Exa", "Exa"), one.replace("a1", "a3"), one.replace("artist-living", "public-minor")):
        assert load_list(write(tmp_path, HEADER + change + two)).digest != first.digest
    other = load_list(write(tmp_path, HEADER + one + two, "others"))
    assert other.digest != first.digest
    assert digest_of([first, other]) == digest_of([other, first]) != digest_of([first])


def test_the_shipped_lists_are_good_and_name_nobody_but_artists() -> None:
    found = {one.name: one for one in load_lists([SHIPPED])}
    assert set(found) == {"living-artists", "public-figures-opted-out", "public-minors"}
    assert len(found["living-artists"].entries) >= 40
    assert {entry.kind for entry in found["living-artists"].entries} == {ListKind.ARTIST}
    assert not found["public-figures-opted-out"].entries
    assert not found["public-minors"].entries
