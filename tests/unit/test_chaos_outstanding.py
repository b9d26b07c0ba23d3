"""What the generator of the chaos runs has under way: bounded, and settled only when all is decided and signed."""

from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Action, Decision
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT
from tests.chaos.outstanding import PICTURE_WINDOW, WINDOW, Outstanding
from tests.chaos.traffic import Sort


def send(outstanding: Outstanding, name: str = "") -> list[Sort]:
    """Everything that there is room for."""
    found: list[Sort] = []
    while (sort := outstanding.next()) is not None:
        outstanding.sent(f"{name}{len(found)}-{sort}", sort)
        found.append(sort)
    return found


def decision(request_id: str, action: Action.ValueType = ACTION_ALLOW, output: bool = False) -> Decision:
    return Decision(request_id=request_id, action=action, stage=STAGE_OUTPUT if output else STAGE_PROMPT)


def test_so_many_are_open_at_most() -> None:
    outstanding = Outstanding([Sort.PROMPT] * (WINDOW + 2))
    assert len(send(outstanding)) == WINDOW
    assert outstanding.decided(decision(f"0-{Sort.PROMPT}"))
    assert len(send(outstanding, "later ")) == 1


def test_prompts_pass_pictures_that_there_is_no_room_for() -> None:
    outstanding = Outstanding([*[Sort.OUTPUT] * (PICTURE_WINDOW + 3), Sort.PROMPT])
    assert send(outstanding) == [Sort.OUTPUT] * PICTURE_WINDOW + [Sort.PROMPT]
    assert outstanding.decided(decision(f"0-{Sort.OUTPUT}", ACTION_BLOCK, output=True))
    assert send(outstanding, "later ") == [Sort.OUTPUT]
    assert not outstanding.settled


def test_an_allowed_output_is_settled_when_it_is_signed() -> None:
    outstanding = Outstanding([Sort.OUTPUT])
    [sort] = send(outstanding)
    outstanding.decided(decision(f"0-{sort}", output=True))
    assert (outstanding.open, outstanding.unsigned, outstanding.settled) == (0, 1, False)
    outstanding.signed(f"0-{sort}")
    assert (outstanding.unsigned, outstanding.settled) == (0, True)


def test_a_signed_picture_may_be_read_before_its_decision() -> None:
    outstanding = Outstanding([Sort.OUTPUT])
    [sort] = send(outstanding)
    outstanding.signed(f"0-{sort}")
    outstanding.decided(decision(f"0-{sort}", output=True))
    assert outstanding.settled


def test_what_was_blocked_is_not_signed() -> None:
    outstanding = Outstanding([Sort.OUTPUT])
    [sort] = send(outstanding)
    outstanding.decided(decision(f"0-{sort}", ACTION_BLOCK, output=True))
    assert outstanding.settled


def test_a_second_decision_is_told_and_counts_for_nothing() -> None:
    outstanding = Outstanding([Sort.PROMPT, Sort.PROMPT])
    send(outstanding)
    assert outstanding.decided(decision(f"0-{Sort.PROMPT}"))
    assert not outstanding.decided(decision(f"0-{Sort.PROMPT}"))
    assert outstanding.open == 1
    assert not outstanding.settled


def test_what_was_not_sent_is_not_settled() -> None:
    outstanding = Outstanding([Sort.PROMPT])
    assert not outstanding.settled
