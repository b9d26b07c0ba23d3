"""Pictures are counted by stage, once each, and only those that could be read."""

from ingest.images import ImageCounts
from sluice.telemetry.metrics import Metrics
from sluice.v1.contents_pb2 import UNPROCESSABLE_EMPTY, Contents, PreparedContent, PreparedImage
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT


def test_pictures_count_once_however_many_views_they_have() -> None:
    metrics = Metrics("ingest")
    counts = ImageCounts(metrics)
    picture = PreparedImage(width=3, height=2)
    contents = [
        PreparedContent(id="c0", image=picture),
        PreparedContent(id="c0.1", image=picture, view_of="c0"),
        PreparedContent(id="c1", image=picture),
        PreparedContent(id="c2"),
        PreparedContent(id="c3", unprocessable=UNPROCESSABLE_EMPTY),
    ]
    counts.read(Contents(stage=STAGE_OUTPUT, contents=contents))
    # A stranger's number for a stage makes no label.
    counts.read(Contents(stage=77, contents=contents))  # type: ignore[arg-type] # as it may come over the wire
    told = [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]
    assert told == [
        'sluice_images_total{service="ingest",stage="PROMPT"} 0.0',
        'sluice_images_total{service="ingest",stage="OUTPUT"} 2.0',
    ]
    counts.read(Contents(stage=STAGE_PROMPT, contents=contents[:1]))
    assert 'stage="PROMPT"} 1.0' in metrics.text().decode()
