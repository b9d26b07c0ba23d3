"""What is written when a review ends. The transaction itself: tests/integration/test_reviews_command.py."""

from sluice.bus.resolve import records_of, resolution_of
from sluice.bus.reviews_log import Case
from sluice.bus.topics import Topic
from sluice.ids import released_id
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1.release_pb2 import Release
from sluice.v1.request_pb2 import LANE_BULK, STAGE_OUTPUT
from sluice.v1.resolution_pb2 import RESOLUTION_OUTCOME_RELEASED, RESOLUTION_OUTCOME_UPHELD, Resolution
from sluice.v1.review_pb2 import Review
from tests.unit.build import REQUEST_ID

CASE = Case(
    3,
    900,
    Review(
        request_id=REQUEST_ID, tenant="studio", stage=STAGE_OUTPUT, rules=["mine"], lane=LANE_BULK, contents_offset=7
    ),
    trace=headers_of(of_request(REQUEST_ID)),
)


def test_an_upheld_review_is_one_record() -> None:
    resolution = resolution_of(CASE, False, "kim", "no", 5000)
    assert resolution == Resolution(
        request_id=REQUEST_ID,
        outcome=RESOLUTION_OUTCOME_UPHELD,
        resolved_by="kim",
        why="no",
        tenant="studio",
        stage=STAGE_OUTPUT,
        rules=["mine"],
        resolved_at_ms=5000,
    )
    (record,) = records_of(CASE, resolution)
    assert (record.topic, record.partition, record.key) == (Topic.RESOLUTIONS, 3, REQUEST_ID.encode())
    assert Resolution.FromString(record.value) == resolution


def test_a_release_points_to_what_was_reviewed() -> None:
    resolution = resolution_of(CASE, True, "kim", "harmless", 5000)
    assert (resolution.outcome, resolution.new_request_id) == (RESOLUTION_OUTCOME_RELEASED, released_id(REQUEST_ID))
    first, second = records_of(CASE, resolution)
    assert first.topic == Topic.RESOLUTIONS
    assert (second.topic, second.partition, second.key) == (Topic.RELEASES, 3, REQUEST_ID.encode())
    assert second.headers == CASE.trace
    assert Release.FromString(second.value) == Release(
        request_id=REQUEST_ID, lane=LANE_BULK, contents_offset=7, released_by="kim", why="harmless"
    )
