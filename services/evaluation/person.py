"""The photorealistic-person table: the form of table 4 of the GPT-4o image card, with I13's folding. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.judged import Outcome
from evaluation.table import Table, share_cells
from sluice.check import Person
from sluice.shares import Share

_CLASSES = {
    "person (adult or child)": frozenset({Person.ADULT, Person.CHILD}),
    "adult": frozenset({Person.ADULT}),
    "child": frozenset({Person.CHILD}),
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One class. `samples`: pictures that are of it."""

    name: str
    samples: int
    precision: Share
    recall: Share


def person_rows(outcomes: Sequence[Outcome]) -> list[PersonRow]:
    """The three classes, over the pictures that say who is in them.

    A picture that no check answered for is in the recall, as one that was not found.
    """
    known = [(row.case.person, row.judged.person) for row in outcomes if row.case.person is not None]
    found = []
    for name, people in _CLASSES.items():
        is_it = [truth in people for truth, _ in known]
        said = [answer in people for _, answer in known]
        both = sum(a and b for a, b in zip(is_it, said, strict=True))
        found.append(PersonRow(name, sum(is_it), Share(both, sum(said)), Share(both, sum(is_it))))
    return found


def person_table(outcomes: Sequence[Outcome]) -> Table:
    """N, precision, recall."""
    rows = []
    for row in person_rows(outcomes):
        precision, recall = share_cells(row.precision), share_cells(row.recall)
        rows.append((row.name, str(row.samples), *precision[1:], *recall[1:]))
    known = sum(row.case.person is not None for row in outcomes)
    silent = sum(row.case.person is not None and row.judged.person is None for row in outcomes)
    note = (
        f"Of {known} pictures, {silent} without an answer. An adult and a child in one picture are a child, and so "
        "is a person of unknown age, in the labels and in the answers."
    )
    columns = ("class", ">N", ">precision", "95 %", ">recall", "95 %")
    return Table("Photorealistic persons", columns, rows, note)


def answers_table(outcomes: Sequence[Outcome]) -> Table:
    """What the pictures of each kind were taken for: which way the errors go."""
    answers: tuple[Person | None, ...] = (Person.NONE, Person.ADULT, Person.CHILD, None)
    rows = []
    for truth in answers[:3]:
        said = [row.judged.person for row in outcomes if row.case.person is truth]
        rows.append((str(truth).lower(), str(len(said)), *(str(said.count(answer)) for answer in answers)))
    columns = ("in the picture", ">N", ">none", ">adult", ">child or unknown", ">no answer")
    note = "A child in the column none or adult is the error to fear."
    return Table("What they were taken for", columns, rows, note)


def person_json(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """The same for programs."""
    return [
        {
            "class": row.name,
            "n": row.samples,
            "precision": row.precision.value,
            "precision_interval": list(row.precision.interval()),
            "recall": row.recall.value,
            "recall_interval": list(row.recall.interval()),
        }
        for row in person_rows(outcomes)
    ]
