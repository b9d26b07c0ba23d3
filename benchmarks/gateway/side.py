"""Who answers: something that is asked about a text."""

from collections.abc import Mapping
from typing import Protocol


class NoAnswerError(Exception):
    """A text was asked about and not judged."""


class Side(Protocol):
    """One of those that are compared. Any number of texts may be under way at once."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def settle(self) -> float:
        """Seconds for which work goes on after the last answer: it is counted too."""

    async def ask(self, text: str) -> bool:
        """Whether the text is anything but allowed. Raises NoAnswerError."""

    def cpu(self) -> Mapping[str, float]:
        """CPU seconds so far of all processes that answer, by the process's name. Not of whoever asks."""

    async def close(self) -> None:
        """Ends what is open between two texts; the next one opens it again."""
