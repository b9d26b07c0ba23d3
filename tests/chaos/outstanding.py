"""What was sent and is not settled yet: to be decided, or allowed and to be signed. Pure.

It is bounded, so that even after the longest fault the deadlines can be kept.
"""

from collections import deque
from collections.abc import Sequence

from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import STAGE_OUTPUT
from tests.chaos.traffic import Sort

WINDOW = 400
"""Requests outstanding at most."""
PICTURE_WINDOW = 24
"""Of them with pictures, which cost forty times as much."""


class Outstanding:
    """Says which sort of request comes next, and remembers how far each has come."""

    def __init__(self, sorts: Sequence[Sort]) -> None:
        self._waiting: deque[Sort] = deque(sorts)
        self._held: deque[Sort] = deque()
        self._open: dict[str, Sort] = {}
        self._open_pictures = 0
        self._decided: set[str] = set()
        self._unsigned: set[str] = set()
        self._signed: set[str] = set()

    @property
    def open(self) -> int:
        """Requests without a decision."""
        return len(self._open)

    @property
    def unsigned(self) -> int:
        """Allowed outputs without a signed picture."""
        return len(self._unsigned)

    @property
    def settled(self) -> bool:
        """Everything was sent, decided and signed."""
        return not (self._waiting or self._held or self._open or self._unsigned)

    def next(self) -> Sort | None:
        """The next sort, for which `sent` is to be called; None while there is no room, and at the end.

        Pictures wait while too many are open; prompts pass them.
        """
        if len(self._open) >= WINDOW:
            return None
        room = self._open_pictures < PICTURE_WINDOW
        if self._held and room:
            return self._held.popleft()
        while self._waiting:
            sort = self._waiting.popleft()
            if sort is Sort.PROMPT or room:
                return sort
            self._held.append(sort)
        return None

    def sent(self, request_id: str, sort: Sort) -> None:
        """A new request is on its way."""
        self._open[request_id] = sort
        self._open_pictures += sort is not Sort.PROMPT

    def decided(self, decision: Decision) -> bool:
        """A decision was read. False: it is not the first of its request."""
        request_id = decision.request_id
        if request_id in self._decided:
            return False
        self._decided.add(request_id)
        sort = self._open.pop(request_id, None)
        self._open_pictures -= sort is not None and sort is not Sort.PROMPT
        if decision.action == ACTION_ALLOW and decision.stage == STAGE_OUTPUT:
            # The signed picture may have been read before the decision that it rests on.
            self._unsigned |= {request_id} - self._signed
        return True

    def signed(self, request_id: str) -> None:
        """A signed picture was read."""
        self._signed.add(request_id)
        self._unsigned.discard(request_id)
