"""What `sluice moderate` is asked: a request from options, or from a line of a JSONL file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from sluice.contract.names import number_of, short_names
from sluice.errors import SluiceError
from sluice.ids import new_request_id, parse_request_id, subject_problem
from sluice.v1.request_pb2 import AgeBand, Lane, Operation, Stage

N = TypeVar("N", bound=int)

LONGEST_DEADLINE_MS: Final = 300_000
"""What the policy loader allows at most."""

_KEYS: Final = frozenset(
    {
        "prompt", "transcript", "image", "upload", "stage", "operation", "age_band", "account", "tenant",
        "generation_id", "request_id", "deadline_ms", "lane",
    }
)  # fmt: skip


class AskError(SluiceError):
    """What was asked cannot be a request. One problem per line."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to be. `images` are uploads at stage PROMPT and the generated picture at OUTPUT."""

    request_id: str
    stage: Stage.ValueType = Stage.STAGE_PROMPT
    operation: Operation.ValueType = Operation.OPERATION_GENERATE
    age_band: AgeBand.ValueType = AgeBand.AGE_BAND_UNKNOWN
    account: str = field(default="", repr=False)
    """The id of the account that asks. It is in no message."""
    tenant: str = ""
    generation_id: str = ""
    prompt: str | None = None
    transcript: str | None = None
    images: tuple[Path, ...] = ()
    uploads: tuple[Path, ...] = ()
    deadline_ms: int = 60_000
    lane: Lane.ValueType = Lane.LANE_INTERACTIVE


def read_ask(fields: Mapping[str, object], defaults: Ask | None = None) -> Ask:
    """One request from its fields, named as in the JSONL file. Raises AskError with everything that is wrong.

    `defaults` gives what `fields` leaves out, but for the id: that is new unless it is given.
    """
    reading = _Reading(fields)
    base = defaults or Ask(request_id="")
    unknown = sorted(fields.keys() - _KEYS)
    if unknown:
        reading.problems.append(f"unknown key {unknown[0]!r}; there are: {', '.join(sorted(_KEYS))}")
    ask = replace(
        base,
        request_id=reading.request_id(),
        stage=reading.stage() or base.stage,
        operation=reading.operation() or base.operation,
        age_band=reading.age_band() or base.age_band,
        account=reading.subject("account") or base.account,
        tenant=reading.subject("tenant") or base.tenant,
        generation_id=reading.text("generation_id") or base.generation_id,
        prompt=reading.text("prompt"),
        transcript=reading.text("transcript"),
        images=reading.files("image"),
        uploads=reading.files("upload"),
        deadline_ms=reading.deadline_ms() or base.deadline_ms,
        lane=reading.lane() or base.lane,
    )
    if reading.problems:
        raise AskError("\n".join(reading.problems))
    return ask


def read_line(line: str, number: int, defaults: Ask) -> Ask | None:
    """The request on a line of a JSONL file; None where it is empty. AskError names each problem with the number."""
    if not line.strip():
        return None
    try:
        return read_ask(_object(line), defaults)
    except AskError as error:
        raise AskError("\n".join(f"line {number}: {problem}" for problem in str(error).splitlines())) from error


def _object(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise AskError(f"not JSON: {error.msg} at column {error.colno}") from error
    if not isinstance(found, dict):
        raise AskError("not a JSON object")
    return found


class _Reading:
    """Reads fields and remembers what is wrong with them."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        value = self._fields.get(name)
        if value is None or isinstance(value, str):
            return value
        self.problems.append(f"{name} should be a string")
        return None

    def subject(self, name: str) -> str | None:
        value = self.text(name)
        if value and (problem := subject_problem(value)):
            self.problems.append(f"{name} {problem}")
        return value

    def request_id(self) -> str:
        given = self.text("request_id")
        if not given:
            return new_request_id()
        canonical = parse_request_id(given)
        if canonical is None:
            self.problems.append("request_id should be a UUID, such as 123e4567-e89b-42d3-a456-426614174000")
        return canonical or given

    def stage(self) -> Stage.ValueType | None:
        word = self.text("stage")
        return None if not word else self._known("stage", number_of(Stage, word), short_names(Stage))

    def operation(self) -> Operation.ValueType | None:
        word = self.text("operation")
        return None if not word else self._known("operation", number_of(Operation, word), short_names(Operation))

    def age_band(self) -> AgeBand.ValueType | None:
        word = self.text("age_band")
        return None if not word else self._known("age_band", number_of(AgeBand, word), short_names(AgeBand))

    def lane(self) -> Lane.ValueType | None:
        word = self.text("lane")
        return None if not word else self._known("lane", number_of(Lane, word), short_names(Lane))

    def deadline_ms(self) -> int | None:
        value = self._fields.get("deadline_ms")
        if value is None or (
            isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_DEADLINE_MS
        ):
            return value
        self.problems.append(f"deadline_ms should be a whole number from 1 to {LONGEST_DEADLINE_MS}")
        return None

    def files(self, name: str) -> tuple[Path, ...]:
        value = self._fields.get(name)
        names = [] if value is None else value if isinstance(value, list) else [value]
        paths = [Path(each) for each in names if isinstance(each, str) and each]
        if len(paths) != len(names):
            self.problems.append(f"{name} should be the name of a file, or a list of them")
        self.problems.extend(f"{name}: there is no file {path}" for path in paths if not path.is_file())
        return tuple(paths)

    def _known(self, name: str, value: N | None, words: Sequence[str]) -> N | None:
        if value is None:
            self.problems.append(f"{name} should be one of {', '.join(words)}")
        return value
