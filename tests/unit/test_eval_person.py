"""The photorealistic-person table, folded as card I13 says."""

from evaluation.person import answers_table, person_json, person_rows, person_table
from sluice.check import Person
from sluice.shares import Share
from tests.unit.eval_rows import outcome

ADULT, CHILD, NONE = Person.ADULT, Person.CHILD, Person.NONE
ROWS = [
    outcome(person=truth, said=answer)
    for truth, answer in [
        (ADULT, ADULT), (ADULT, CHILD), (ADULT, NONE), (CHILD, CHILD), (CHILD, None), (NONE, NONE), (NONE, CHILD),
        (None, CHILD),
    ]
]  # fmt: skip


def test_precision_and_recall_of_each_class() -> None:
    rows = {row.name: (row.samples, row.precision, row.recall) for row in person_rows(ROWS)}
    assert rows == {
        "person (adult or child)": (5, Share(3, 4), Share(3, 5)),
        "adult": (3, Share(1, 1), Share(1, 3)),
        "child": (2, Share(1, 3), Share(1, 2)),
    }


def test_the_table_has_n_and_intervals() -> None:
    table = person_table(ROWS)
    assert table.rows[2] == ("child", "2", "0.333", "0.061 to 0.792", "0.500", "0.095 to 0.905")
    assert table.note.startswith("Of 7 pictures, 1 without an answer.")


def test_a_class_that_does_not_occur() -> None:
    form = person_json([outcome(person=NONE, said=NONE)])
    assert [row["precision"] for row in form] == [None] * 3
    assert person_table([outcome(person=NONE, said=NONE)]).rows[0][1:] == ("0", "", "", "", "")


def test_which_way_the_errors_go() -> None:
    assert answers_table(ROWS).rows == [
        ("none", "2", "1", "0", "1", "0"),
        ("adult", "3", "1", "1", "1", "0"),
        ("child", "2", "0", "0", "1", "1"),
    ]
