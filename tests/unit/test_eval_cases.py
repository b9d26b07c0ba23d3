"""Rows become cases, or are told with the reason."""

from pathlib import Path

import pytest

from evaluation.cases import Case, Cases, Medium, read_cases, unique
from evaluation.files import Bad, Row
from sluice.check import Person
from sluice.v1.request_pb2 import AgeBand


def read(*cells: dict[str, object], medium: Medium = "text", folder: Path = Path(), stage: str = "prompt") -> Cases:
    rows = [Row(f"x:{number}", one) for number, one in enumerate(cells, start=1)]
    return read_cases(rows, medium, folder, "file", stage)


def case(**cells: object) -> Case:
    found = read(cells)
    assert found.bad == []
    return found.cases[0]


def test_a_row_from_outside() -> None:
    found = case(text="a fox", label="allow", area="photography")
    assert (found.texts, found.unsafe, found.where) == (("a fox",), False, "x:1")
    assert found.groups == {"source": "file", "area": "photography"}
    assert found.age_band == AgeBand.AGE_BAND_UNKNOWN


def test_every_column() -> None:
    found = case(
        id=7, prompt="x", expected="unsafe", risk_area="hate", language="en", source="s", age_band="teen",
        expected_labels="hate", attack="leet", note="y" * 100, weight=1.5,
    )  # fmt: skip
    assert (found.id, found.unsafe, found.age_band) == ("7", True, AgeBand.AGE_BAND_TEEN)
    assert found.labels is not None
    assert found.labels.positive == {"hate"}
    assert found.groups == {"source": "s", "area": "hate", "lang": "en", "attack": "leet", "age_band": "teen"}


@pytest.mark.parametrize(
    ("cells", "unsafe"),
    [
        ({"label": "hate,violence"}, True),
        ({"label": ["hate"]}, True),
        ({"label": []}, False),
        ({"expected_labels": ["fraud"]}, True),
        ({"expected_labels": []}, False),
        ({"labels": {"hate": 1}}, True),
        ({"labels": {"hate": 0}}, None),
        ({"labels": {"hate": 1}, "unsafe": 0}, False),
    ],
)
def test_what_labels_say_of_allow_and_block(cells: dict[str, object], unsafe: bool | None) -> None:
    found = case(text="x", **cells)
    assert found.unsafe is unsafe
    assert found.labels is not None


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"label": "allow"}, "no text"),
        ({"text": " ", "label": "allow"}, "no text"),
        ({"text": 7, "label": "allow"}, "text is neither"),
        ({"text": "\ud800", "label": "allow"}, "surrogate"),
        ({"text": "x"}, "no label"),
        ({"text": "x", "label": ""}, "no label"),
        ({"text": "x", "label": "perhaps a prompt"}, "label is none of"),
        ({"text": "x", "label": "allow", "expected_labels": 3}, "expected_labels"),
        ({"text": "x", "label": "allow", "age_band": "old"}, "age_band"),
        ({"text": "x", "person": "dog"}, "person is none of"),
    ],
)
def test_what_is_no_case(cells: dict[str, object], why: str) -> None:
    found = read(cells)
    assert found.cases == []
    assert found.bad[0].where == "x:1"
    assert why in found.bad[0].why
    assert "prompt" not in found.bad[0].why


def test_bad_rows_stay() -> None:
    bad = Bad("x:1", "not JSON")
    assert read_cases([bad], "text", Path(), "file").bad == [bad]


def test_ids_tell_texts_apart_and_stay_the_same() -> None:
    one, same, other, young = (
        case(text=text, label="allow", age_band=band)
        for text, band in (("a", None), ("a", ""), ("b", None), ("a", "teen"))
    )
    assert one.id == same.id
    assert len({one.id, other.id, young.id}) == 3
    assert [c.id for c in unique([one, same, other])] == [one.id, f"{one.id}#2", other.id]


def test_pictures_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    found = read(
        {"image": "a.png", "person": "adult, child", "stage": "output"},
        {"image": ["a.png", "b.png"], "label": "allow"},
        {"label": "allow"},
        {"image": "a.png", "label": "allow", "stage": "later"},
        medium="images",
        folder=tmp_path,
    )
    (picture,) = found.cases
    assert (picture.images, picture.stage, picture.person) == ((tmp_path / "a.png",), "output", Person.CHILD)
    assert picture.unsafe is None
    assert [bad.why.split(":")[0] for bad in found.bad] == [
        "there is no file b.png", "no image", "stage is neither prompt nor output",
    ]  # fmt: skip


def test_the_stage_of_rows_that_do_not_say(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    found = read({"image": "a.png", "label": 0}, medium="images", folder=tmp_path, stage="output")
    assert found.cases[0].stage == "output"
