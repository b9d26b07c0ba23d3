"""The requests of one run, each made when it is due."""

from collections.abc import Sequence

from sluice.load.held import Held
from sluice.load.material import prompt
from sluice.load.mix import KINDS, WITH_PICTURE, Kind
from sluice.load.schedule import Schedule
from sluice.v1.request_pb2 import (
    OPERATION_EDIT,
    OPERATION_GENERATE,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Content,
    Lane,
    Request,
)


class Requests:
    """Serialised requests by their place in the schedule. Ask for them in its order."""

    def __init__(
        self,
        schedule: Schedule,
        ids: Sequence[str],
        held: Held,
        lane: Lane.ValueType,
        deadline_ms: int,
        first: int = 0,
    ) -> None:
        """`first`: number of the first prompt, so that those of several runs differ."""
        self._schedule = schedule
        self._ids = ids
        self._held = held
        self._lane = lane
        self._deadline_ms = deadline_ms
        self._first = first
        self._pictures = 0

    def __call__(self, place: int) -> tuple[bytes, bytes]:
        """Key and value of the record."""
        kind = KINDS[self._schedule.kinds[place]]
        contents = [Content(role=ROLE_PROMPT, text=prompt(self._first + place))]
        if kind in WITH_PICTURE:
            role = ROLE_GENERATED if kind is Kind.OUTPUT else ROLE_UPLOAD
            contents.append(self._held.content(self._pictures, role))
            self._pictures += 1
        request = Request(
            id=self._ids[place],
            stage=STAGE_OUTPUT if kind is Kind.OUTPUT else STAGE_PROMPT,
            operation=OPERATION_EDIT if kind is Kind.EDIT else OPERATION_GENERATE,
            lane=self._lane,
            contents=contents,
            deadline_ms=self._deadline_ms,
        )
        return self._ids[place].encode(), request.SerializeToString()
