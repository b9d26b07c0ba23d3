"""What a caller gets in hand: a signed picture, or an exception that says no more than it should."""

import pickle

import pytest

from sluice.client.outcome import Allowed, NotAllowed, Refused, Rejected, Stage, Unavailable, Why
from sluice.errors import SluiceError

REFUSED = Refused(("No.",), "id-1", Stage.PROMPT, False, "BLOCK", ("sexual", "hate"))
UNAVAILABLE = Unavailable(("Later.",), "id-2", Stage.OUTPUT, True, Why.BUSY, 2.5)
REJECTED = Rejected(("Later.",), "id-3", Stage.PROMPT, False, Why.REJECTED, 0.0, 403, "missing_scope")
EVERY: list[NotAllowed] = [REFUSED, UNAVAILABLE, REJECTED]


def told(error: NotAllowed) -> dict[str, object]:
    return {name: value for name, value in vars(error).items() if not name.startswith("__")}


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_an_exception_can_be_made_again_and_sent_to_another_process(error: NotAllowed) -> None:
    for other in (error.fresh(), pickle.loads(pickle.dumps(error))):
        assert other is not error
        assert type(other) is type(error)
        assert told(other) == told(error)
        assert str(other) == str(error)


def test_each_says_for_logs_what_it_is() -> None:
    assert str(REFUSED) == "PROMPT id-1 was not allowed: BLOCK, sexual, hate"
    assert str(UNAVAILABLE) == "OUTPUT id-2 was not allowed by the simulator: no answer (busy)"
    assert "403" in str(REJECTED)
    assert "scopes `moderate` and `read`" in str(REJECTED)


def test_one_handler_catches_everything_that_is_not_a_pass() -> None:
    assert [isinstance(error, NotAllowed) for error in EVERY] == [True] * 3
    assert issubclass(NotAllowed, SluiceError)
    assert isinstance(REJECTED, Unavailable)
    assert not issubclass(Unavailable, Refused)
    assert not issubclass(Refused, Unavailable)
    assert not issubclass(Allowed, NotAllowed)


def test_a_picture_is_signed_unless_the_simulator_gave_it_and_its_bytes_are_in_no_repr() -> None:
    real = Allowed(b"picture-bytes", "image/png", "id-4", ("photoreal-person",))
    assert real.signed
    assert "picture-bytes" not in repr(real)
    assert not Allowed(b"picture-bytes", "image/png", "id-4", simulated=True).signed
