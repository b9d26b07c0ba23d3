"""What requests hold."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sluice.load.held import Inline, NoPictures, Referenced
from sluice.load.material import SIDE, Pictures, prompt
from sluice.load.mix import Kind
from sluice.load.requests import Requests
from sluice.objects import ObjectStore
from sluice.v1.request_pb2 import (
    LANE_BULK,
    OPERATION_EDIT,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Request,
)
from tests.unit.load_runs import schedule

COUNT = 12


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Of one seed; drawing the scenes takes a while."""
    return Pictures(5)


def test_no_two_prompts_are_alike() -> None:
    assert len({prompt(number) for number in range(2000)}) == 2000


def test_pictures_have_the_stated_size_and_no_two_are_alike(pictures: Pictures) -> None:
    made = [pictures.jpeg(number) for number in range(COUNT)]
    opened = [np.asarray(Image.open(io.BytesIO(data))) for data in made]
    assert {picture.shape for picture in opened} == {(SIDE, SIDE, 3)}
    assert len({hashlib.sha256(data).digest() for data in made}) == COUNT
    # Of the same scene, too, the pixels differ by far more than a changed byte of metadata.
    assert np.mean(opened[0] != opened[5]) > 0.2


def test_steps_around_a_picture_meet_every_place_once() -> None:
    places = {number * 611_953 % (SIDE * SIDE) for number in range(SIDE * SIDE)}
    assert len(places) == SIDE * SIDE


def test_referenced_pictures_lie_where_ingest_keeps_originals(tmp_path: Path, pictures: Pictures) -> None:
    store = ObjectStore.open(f"file://{tmp_path}")
    told: list[int] = []
    held = Referenced.make(pictures, 3, COUNT, store, told.append, lambda: False)
    data = pictures.jpeg(4)
    content = held.content(1, ROLE_GENERATED)
    assert store.get_now(content.reference, 1 << 20) == data
    assert content.reference.sha256.hex() in content.reference.uri
    assert sum(told) == COUNT
    assert held.content(COUNT + 1, ROLE_UPLOAD).reference == content.reference


def test_inline_pictures_travel_in_the_request(pictures: Pictures) -> None:
    with Inline.make(pictures, 3, COUNT, lambda _: None, lambda: False) as held:
        assert held.content(1, ROLE_GENERATED).image == pictures.jpeg(4)
        assert held.content(COUNT, ROLE_GENERATED).image == pictures.jpeg(3)


def test_nothing_more_is_made_once_that_was_asked_for(tmp_path: Path, pictures: Pictures) -> None:
    told: list[int] = []
    Referenced.make(pictures, 0, COUNT, ObjectStore.open(f"file://{tmp_path}"), told.append, lambda: True)
    assert told == []


def test_requests_are_of_their_kind(pictures: Pictures) -> None:
    plan = schedule([0.0, 1.0, 2.0, 3.0], [Kind.PROMPT, Kind.EDIT, Kind.OUTPUT, Kind.OUTPUT])
    with Inline.make(pictures, 0, 3, lambda _: None, lambda: False) as held:
        make = Requests(plan, ["a", "b", "c", "d"], held, LANE_BULK, 2500, first=7)
        keys, values = zip(*(make(place) for place in range(4)), strict=True)
    asked = [Request.FromString(value) for value in values]
    assert list(keys) == [b"a", b"b", b"c", b"d"] == [request.id.encode() for request in asked]
    assert [request.stage for request in asked] == [STAGE_PROMPT, STAGE_PROMPT, STAGE_OUTPUT, STAGE_OUTPUT]
    assert [[content.role for content in request.contents] for request in asked] == [
        [ROLE_PROMPT],
        [ROLE_PROMPT, ROLE_UPLOAD],
        [ROLE_PROMPT, ROLE_GENERATED],
        [ROLE_PROMPT, ROLE_GENERATED],
    ]
    assert asked[1].operation == OPERATION_EDIT
    assert {(request.lane, request.deadline_ms) for request in asked} == {(LANE_BULK, 2500)}
    assert asked[0].contents[0].text == prompt(7)
    assert len({request.contents[1].image for request in asked[1:]}) == 3


def test_prompts_alone_need_no_pictures() -> None:
    make = Requests(schedule([0.0]), ["a"], NoPictures(), LANE_BULK, 2500)
    assert Request.FromString(make(0)[1]).contents[0].text == prompt(0)
