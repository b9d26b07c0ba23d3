"""Labels: what is read, and that nothing is left out in silence."""

from pathlib import Path

import pytest

from sluice.errors import TerminalError
from sluice.policy.labels import Label, labels_of, read_labels
from sluice.v1.resolution_pb2 import (
    RESOLUTION_OUTCOME_RELEASED,
    RESOLUTION_OUTCOME_UNSPECIFIED,
    RESOLUTION_OUTCOME_UPHELD,
    Resolution,
)
from tests.unit.build import OTHER_ID, REQUEST_ID


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_json_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "labels.jsonl",
        f'{{"request_id": "{REQUEST_ID.upper()}", "label": "UNSAFE", "category": "hate", "who": 7}}\n\n'
        f'{{"request_id": "{OTHER_ID}", "label": "safe"}}\n',
    )
    assert read_labels(path) == {REQUEST_ID: Label(True, "hate"), OTHER_ID: Label(False)}


def test_csv(tmp_path: Path) -> None:
    path = written(tmp_path, "labels.csv", f"request_id,label,category\n{REQUEST_ID},unsafe,\n{OTHER_ID},safe,hate\n")
    assert read_labels(path) == {REQUEST_ID: Label(True), OTHER_ID: Label(False, "hate")}


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    lines = [
        f"{REQUEST_ID},unsafe,",
        f"{REQUEST_ID},unsafe,",
        f"{REQUEST_ID},safe,",
        "nobody,safe,",
        f"{OTHER_ID},block,",
    ]
    path = written(tmp_path, "labels.csv", "\n".join(["request_id,label,category", *lines]))
    with pytest.raises(TerminalError) as caught:
        read_labels(path)
    assert str(caught.value).splitlines() == [
        f"{path}:4: request {REQUEST_ID} has another label above",
        f"{path}:5: request_id should be a UUID in text form",
        f"{path}:6: label should be safe or unsafe",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{]", "not JSON"),
        ("7", "not an object"),
        ("{}", "request_id should be"),
        (f'{{"request_id": "{REQUEST_ID}"}}', "label should be"),
        (f'{{"request_id": "{REQUEST_ID}", "label": true}}', "label should be"),
        (f'{{"request_id": "{REQUEST_ID}", "label": "safe", "category": ["hate"]}}', "category should be a word"),
    ],
)
def test_what_is_no_label(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match=f"labels.jsonl:1: {said}"):
        read_labels(written(tmp_path, "labels.jsonl", line))


def test_many_mistakes_are_counted(tmp_path: Path) -> None:
    with pytest.raises(TerminalError) as caught:
        read_labels(written(tmp_path, "labels.jsonl", "{}\n" * 30))
    assert caught.value.args[0].splitlines()[20:] == ["and 10 more"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("labels.jsonl", "", "has no labels"),
        ("labels.txt", "", "neither .jsonl nor .csv"),
        ("labels.csv", 'request_id,label\n"x', "not CSV from here on"),
    ],
)
def test_what_is_no_file_of_labels(name: str, text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match=said):
        read_labels(written(tmp_path, name, text))


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="cannot be read"):
        read_labels(tmp_path / "none.csv")
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(TerminalError, match="not UTF-8"):
        read_labels(tmp_path / "labels.csv")


def test_what_reviewers_said() -> None:
    said = (RESOLUTION_OUTCOME_RELEASED, RESOLUTION_OUTCOME_UPHELD, RESOLUTION_OUTCOME_UNSPECIFIED)
    found = labels_of(Resolution(request_id=str(at), outcome=outcome) for at, outcome in enumerate(said))
    assert found == {"0": Label(False), "1": Label(True)}
