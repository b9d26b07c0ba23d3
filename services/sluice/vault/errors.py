"""How the vault refuses. No message holds content, or a name of an account."""

from sluice.errors import NotReadyError, TerminalError


class TamperedError(TerminalError):
    """Something in the vault is not what was put there, or is gone. Nothing was changed, and nothing is given out."""


class UnsoundLogError(TamperedError):
    """The audit log is not what it was, or its anchor says so: nothing is done with the vault before it is again."""


class MissingKeyError(NotReadyError):
    """The key that wraps a data key is not here. The message names it; nothing is lost while it exists anywhere."""


class RefusedError(TerminalError):
    """A rule forbids it: a hold that stands, the same person twice, a name that says nobody. Nothing was changed."""


class UnknownEvidenceError(TerminalError):
    """The vault holds nothing by this id."""
