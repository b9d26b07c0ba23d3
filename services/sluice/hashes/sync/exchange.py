"""What a list's exchange is to us: pages of what changed, and a place to go on from."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import requests

from sluice.errors import RetryableError, TerminalError

Checkpoint = Mapping[str, int | str]
"""Where to go on, as the exchange's adapter understands it; fit for JSON. It holds no secret."""

_LATER = (408, 425, 429)
_UNSURE = (400, 404, 410, 416)
"""What a server may say to a place that it has forgotten."""


class AwayError(RetryableError):
    """The exchange does not answer, or asks to come later."""


class RefusedError(TerminalError):
    """The exchange does not let us in."""


class SenselessError(TerminalError):
    """The exchange answers something that its client does not understand."""


class PlaceLostError(RetryableError):
    """The exchange does not know the place any more that we wanted to go on from."""


@dataclass(frozen=True, slots=True)
class Update:
    """What became of one entry of the list. `digests`: kind, as `Listed` names it, to hexadecimal digits, without
    those that cannot be matched; `None` where the entry is gone. `others`: kinds of those that cannot.
    """

    id: str
    digests: Mapping[str, str] | None
    others: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Updates in their order, and where to go on once they are on the disk. `until_s`: the list's own time up to
    which this is known, in seconds since the epoch; 0 where that is not known. `unread`: entries that the client did
    not understand, and passed over."""

    updates: Sequence[Update] = field(repr=False)
    checkpoint: Checkpoint
    until_s: int = 0
    unread: int = 0


class Exchange(Protocol):
    """A list of an exchange, with the credentials for it."""

    most_age_s: int
    """A checkpoint older than this is of no use, because removals may have been forgotten; 0: none is too old."""

    def pages(self, checkpoint: Checkpoint | None) -> Iterator[Page]:
        """What changed since, until there is no more. None: everything.

        Raises AwayError, RefusedError, SenselessError, PlaceLostError.
        """
        ...

    def without_place(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """An earlier checkpoint that needs nothing that the exchange has to remember for us."""
        ...


@contextmanager
def asking(exchange: str, resuming: bool = False) -> Iterator[None]:
    """What a client raises as one of ours, without its words: they hold addresses with tokens, and parts of lists.

    `resuming`: from a place that the exchange had to remember.
    """
    disabled = logging.root.manager.disable
    # Clients log whole records, and user names.
    logging.disable(logging.CRITICAL)
    try:
        yield
    except requests.HTTPError as error:
        raise of_status(exchange, error.response.status_code if error.response is not None else 0, resuming) from None
    except requests.RequestException as error:
        raise AwayError(f"{exchange} does not answer: {type(error).__name__}") from None
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, SyntaxError, RecursionError) as error:
        # SyntaxError: what XML that is none raises.
        raise SenselessError(
            f"{exchange} answers what its client does not understand: {type(error).__name__}"
        ) from None
    finally:
        logging.disable(disabled)


def of_status(
    exchange: str, status: int, resuming: bool = False
) -> AwayError | RefusedError | PlaceLostError | TerminalError:
    """The error that an HTTP status stands for."""
    if status in (401, 403):
        word = "the credentials are wrong" if status == 401 else "the credentials are good for something else"
        return RefusedError(
            f"{exchange} refuses us: HTTP {status}, {word}, or this machine's address is not admitted"
        )
    if status in _LATER or status >= 500:
        return AwayError(f"{exchange} does not answer: HTTP {status}")
    if resuming and status in _UNSURE:
        return PlaceLostError(f"{exchange} does not know where we were any more: HTTP {status}")
    return TerminalError(f"{exchange} does not take what we ask: HTTP {status}")
