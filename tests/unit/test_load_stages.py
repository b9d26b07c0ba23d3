"""Where the time went."""

from sluice.load.stages import Stages
from sluice.v1.decision_pb2 import Decision, Input


def decision() -> Decision:
    """200 ms in ingest; two checks, one of which waits 30 ms and takes 470; 10 ms until it is decided."""
    return Decision(
        requested_at_ms=1_000_000,
        prepared_at_ms=1_000_200,
        decided_at_ms=1_000_720,
        inputs=[
            Input(check="hash", started_at_ms=1_000_205, finished_at_ms=1_000_206, appended_at_ms=1_000_208),
            Input(check="image", started_at_ms=1_000_230, finished_at_ms=1_000_700, appended_at_ms=1_000_710),
        ],
    )


def test_each_part_is_told_apart() -> None:
    stages = Stages()
    stages.add(decision(), due_ms=999_900, appended_ms=1_000_725, read_ms=1_000_750)
    found = {
        (stage, part): round(q.p50, 6) for stage, parts in stages.quantiles().items() for part, q in parts.items()
    }
    assert found == {
        ("send", "all"): 0.1,
        ("ingest", "all"): 0.2,
        ("hash", "topic"): 0.005,
        ("hash", "service"): 0.001,
        ("image", "topic"): 0.03,
        ("image", "service"): 0.47,
        ("decide", "all"): 0.01,
        ("read", "all"): 0.025,
    }
    # As a request meets them.
    assert list(stages.quantiles()) == ["send", "ingest", "hash", "image", "decide", "read"]
    assert list(stages.quantiles()["hash"]) == ["topic", "service"]


def test_a_decision_without_answers_tells_of_no_check() -> None:
    stages = Stages()
    stages.add(Decision(requested_at_ms=1_000, prepared_at_ms=1_100, decided_at_ms=3_000), 900, 3_001, 3_002)
    assert list(stages.quantiles()) == ["send", "ingest", "read"]


def test_clocks_that_disagree_give_no_negative_times() -> None:
    stages = Stages()
    early = decision()
    early.inputs[0].started_at_ms = early.prepared_at_ms - 50
    stages.add(early, 0, 0, 0)
    assert stages.quantiles()["hash"]["topic"].p50 == 0.0
