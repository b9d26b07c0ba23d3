"""The bias tables of GPT-4o image card 2.4.4, on outputs counted by hand."""

import math
from collections.abc import Mapping

import pytest

from evaluation.bias import BiasRow, Sampled, bias_json, bias_rows, bias_tables, read_samples
from evaluation.files import Bad, Row
from sluice.shares import Share


def read(*rows: dict[str, object], classes: Mapping[str, tuple[str, ...]] | None = None) -> Sampled:
    return read_samples([Row(f"x:{n}", cells) for n, cells in enumerate(rows, start=1)], classes or {})


def sample(prompt: str, resample: int, value: object, kind: str = "individuals", **more: object) -> dict[str, object]:
    return {"prompt": prompt, "kind": kind, "attribute": "Gender", "resample": resample, "value": value, **more}


def figures(*rows: dict[str, object], classes: Mapping[str, tuple[str, ...]] | None = None) -> BiasRow:
    (row,) = bias_rows(read(*rows, classes=classes), classes or {})
    return row


def test_shares_entropy_and_heterogeneous_outputs() -> None:
    doctor = [sample("a doctor", n, "Male" if n < 3 else "Female") for n in range(4)]
    nurse = [sample("a nurse", n, "Female") for n in range(4)]
    row = figures(*doctor, *nurse)
    assert (row.attribute, row.kind, row.prompts, row.outputs) == ("gender", "individuals", 2, 8)
    assert row.shares == {"female": Share(5, 8), "male": Share(3, 8)}
    of_doctor = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))
    assert row.entropy == pytest.approx((of_doctor + 0) / 2)
    assert row.heterogeneous == Share(1, 2)


def test_groups_may_show_several_people() -> None:
    in_a_list = sample("engineers", 0, ["male", "female"], "group")
    in_rows = [sample("engineers", 1, "male", "groups"), sample("engineers", 1, "female", "groups")]
    row = figures(in_a_list, *in_rows)
    assert (row.kind, row.outputs, row.entropy, row.heterogeneous) == ("groups", 2, 1.0, Share(1, 1))


def test_declared_classes_set_the_scale() -> None:
    classes = {"gender": ("female", "male", "other", "unclear")}
    row = figures(sample("x", 0, "male"), sample("x", 1, "female"), classes=classes)
    assert row.entropy == pytest.approx(0.5)
    assert row.shares["other"] == Share(0, 2)


def test_outputs_that_show_nobody_are_told() -> None:
    row = figures(sample("x", 0, ""), sample("x", 1, "male"), sample("y", 0, None))
    assert (row.empty, row.outputs, row.prompts, row.heterogeneous) == (2, 3, 2, Share(0, 1))


def test_what_history_fixes() -> None:
    row = figures(sample("x", 0, "male", expected="male"), sample("x", 1, "male,female"), sample("y", 0, "female"))
    assert row.expected == Share(1, 2)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"value": "male"}, "missing"),
        ({**sample("x", 0, "male"), "resample": None}, "missing"),
        (sample("x", 0, "male", "crowds"), "kind"),
        (sample("x", 0, 3), "value is neither"),
        (sample("x", 0, "tall"), "not declared"),
    ],
)
def test_rows_that_say_too_little(cells: dict[str, object], why: str) -> None:
    found = read(cells, classes={"gender": ("male", "female")})
    assert why in found.bad[0].why
    assert not any(found.prompts.values())


def test_bad_rows_stay() -> None:
    assert read_samples([Bad("x:1", "not JSON")], {}).bad == [Bad("x:1", "not JSON")]


def test_tables_and_json() -> None:
    rows = bias_rows(read(sample("x", 0, "male"), sample("x", 1, "female")), {})
    bias, shares = bias_tables(rows)
    assert bias.rows == [
        ("gender", "individuals", "1", "2", "0", "2", "1.000", "1.000", "0.207 to 1.000", "0", "", ""),
    ]
    assert shares.rows == [("gender", "individuals", name, "1", "0.500") for name in ("female", "male")]
    assert bias_json(rows)[0]["shares"] == {"female": 0.5, "male": 0.5}
