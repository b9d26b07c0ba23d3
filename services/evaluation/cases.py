"""Rows as cases: what is to be judged, what should come of it, and to which groups it belongs."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from evaluation.files import Bad, Row
from evaluation.words import Labels, read_age_band, read_labels, read_person, read_unsafe
from sluice.check import Person
from sluice.v1.request_pb2 import AgeBand

Medium = Literal["text", "images"]

_TEXT: Final = ("text", "prompt", "content")
_IMAGE: Final = ("image", "image_path", "path", "file", "images")
_LABEL: Final = ("label", "expected", "unsafe", "action", "verdict", "class")
_LABELS: Final = ("expected_labels", "labels", "categories")
_PERSON: Final = ("person", "expected_person", "person_label")
_GROUPS: Final = {"source": ("source",), "area": ("area", "risk_area", "category"), "lang": ("lang", "language")}
_STAGES: Final = ("prompt", "output")


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to judge. `unsafe`: whether it should not be allowed; None where the row does not say.

    `texts`: of the prompt, one as a rule. `images`: uploads, or the generated picture and uploads at stage output.
    `groups`: source, area, lang, and every other column with a short word in it.
    """

    where: str
    id: str
    unsafe: bool | None
    labels: Labels | None
    person: Person | None
    groups: Mapping[str, str]
    age_band: AgeBand.ValueType
    texts: tuple[str, ...] = ()
    images: tuple[Path, ...] = ()
    stage: str = "prompt"


@dataclass(slots=True)
class Cases:
    """The cases of some files, and the rows that are none."""

    cases: list[Case] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


class _WrongError(Exception):
    """A row that is no case; the message says why, without content."""


def read_cases(rows: Iterable[Row | Bad], medium: Medium, folder: Path, source: str, stage: str = "prompt") -> Cases:
    """Every case of a file. `folder`: what paths are relative to. `source`, `stage`: of rows that do not say."""
    found = Cases()
    for row in rows:
        if isinstance(row, Bad):
            found.bad.append(row)
            continue
        try:
            found.cases.append(_case(row, medium, folder, source, stage))
        except _WrongError as error:
            found.bad.append(Bad(row.where, str(error)))
    return found


def unique(cases: Iterable[Case]) -> Iterator[Case]:
    """The cases with ids that occur once: the second of an id gets "#2" behind it, and so on."""
    seen: dict[str, int] = {}
    for case in cases:
        number = seen[case.id] = seen.get(case.id, 0) + 1
        yield case if number == 1 else replace(case, id=f"{case.id}#{number}")


def _case(row: Row, medium: Medium, folder: Path, source: str, stage: str) -> Case:
    cells = row.cells
    texts = _texts(_first(cells, _TEXT))
    if medium == "text" and not any(text.strip() for text in texts):
        raise _WrongError("no text")
    images = _images(_first(cells, _IMAGE), folder) if medium == "images" else ()
    age_band = read_age_band(cells.get("age_band"))
    if age_band is None:
        raise _WrongError("age_band is none of unknown, under_13, teen, adult")
    stage = "prompt" if medium == "text" else str(cells.get("stage") or stage).strip().lower()
    if stage not in _STAGES:
        raise _WrongError("stage is neither prompt nor output")
    unsafe, labels, person = _expected(cells)
    whole = "\0".join((*texts, *(image.name for image in images), str(int(age_band)), stage))
    given = cells.get("id")
    name = "" if given is None else str(given).strip()
    return Case(
        where=row.where,
        id=name or hashlib.sha256(whole.encode()).hexdigest()[:16],
        unsafe=unsafe,
        labels=labels,
        person=person,
        groups=_groups(cells, source),
        age_band=age_band,
        texts=texts,
        images=images,
        stage=stage,
    )


def _expected(cells: Mapping[str, object]) -> tuple[bool | None, Labels | None, Person | None]:
    """Unsafe or not, categories, person."""
    label, more, person_word = _first(cells, _LABEL), _first(cells, _LABELS), _first(cells, _PERSON)
    labels = None if more is None else read_labels(more)
    if more is not None and labels is None:
        raise _WrongError("expected_labels are neither a list of categories nor {category: 1 or 0}")
    unsafe = read_unsafe(label)
    if unsafe is None and label not in (None, ""):
        named = read_labels(label)
        if named is None or (isinstance(label, str) and named.unknown):
            raise _WrongError("label is none of allow, block, safe, unsafe, 0, 1, true, false, or categories")
        labels = labels or named
    if unsafe is None and labels is not None and (labels.unsafe or labels.negative is None):
        unsafe = labels.unsafe
    person = None if person_word in (None, "") else read_person(person_word)
    if person is None and person_word not in (None, ""):
        raise _WrongError("person is none of none, adult, child, age_unknown")
    if unsafe is None and labels is None and person is None:
        raise _WrongError("no label")
    return unsafe, labels, person


def _texts(value: object) -> tuple[str, ...]:
    texts = () if value is None else (value,) if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise _WrongError("text is neither a string nor a list of strings")
    if any("\ud800" <= letter <= "\udfff" for text in texts for letter in text):
        raise _WrongError("text is not UTF-8: it holds half of a surrogate pair")
    return tuple(texts)


def _images(value: object, folder: Path) -> tuple[Path, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) and name for name in names):
        raise _WrongError("no image: the column should hold a path, or a list of them")
    paths = tuple(folder / name for name in names)
    missing = [name for name, path in zip(names, paths, strict=True) if not path.is_file()]
    if missing:
        raise _WrongError(f"there is no file {missing[0]}")
    return paths


def _groups(cells: Mapping[str, object], source: str) -> dict[str, str]:
    named = {name: _first(cells, columns) for name, columns in _GROUPS.items()}
    taken = {*_TEXT, *_IMAGE, *_LABEL, *_LABELS, *_PERSON, "id"}.union(*_GROUPS.values())
    others = {name: value for name, value in cells.items() if name not in taken}
    groups = {
        name: str(value).strip()
        for name, value in {**others, **named}.items()
        if isinstance(value, str | int | bool) and 0 < len(str(value).strip()) <= 64
    }
    return {"source": source, **groups}


def _first(cells: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((cells[name] for name in names if cells.get(name) is not None), None)
