"""What the parts make of their measurements; the measurements themselves are not timed here."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.bare import item_of
from benchmarks.images import decode_once, engines, service, stages
from benchmarks.images.__main__ import PARTS, main, parser
from benchmarks.images.decode_once import Costs
from benchmarks.images.engines import HERE, SHARED, SOCKET, WAYS, Way, ask, furthest
from benchmarks.images.inputs import Sample, draw, encoded
from benchmarks.images.measure import Spent
from benchmarks.images.packs import PACKS, VIT, lay_out
from benchmarks.images.prepared import renditions
from sluice.models import nsfw, repository
from sluice.models.engine import Arrays, EngineSettings
from sluice.models.opened import open_model
from sluice.v1.request_pb2 import Content, Request
from tests.unit.model_files import MODELS
from tests.unit.vit import Shape

SAMPLE = Sample("a picture", "one", b"x" * 2000)


class Adder:
    """Answers with the sum of each row; remembers how it was asked."""

    def __init__(self, plus: float = 0.0) -> None:
        self._plus = plus
        self.batches: list[int] = []

    async def run(self, inputs: Arrays) -> Arrays:
        self.batches.append(len(inputs["pixels"]))
        return {"p": inputs["pixels"].sum(axis=1).astype(np.float32) + self._plus}


def test_what_ingest_and_the_checks_cost_together_is_shown() -> None:
    steps = {stages.DIGESTS: 1.0, stages.PIXELS: 10.0, stages.PDQ: 20.0, stages.COPIES: 30.0, stages.READING: 65.0}
    parts = {**steps, stages.POOL: 72.0, **dict.fromkeys(stages.IMAGE, 2.0), "check image": 7.0, "check hash": 1.0}
    found = stages.outcome([SAMPLE], {"one": parts})
    rows = {row[0]: row[1] for row in found.rows}
    assert rows[stages.READING] == "65.00"
    assert rows[stages.POOL] == "72.00"
    assert rows["ingest, sum"] == "73.00"
    assert rows["ingest and checks, sum"] == "81.00"
    assert found.figures["stages_one_decoding_cpu_ms"] == 10.0
    assert found.figures["stages_one_the_same_in_a_child_of_the_pool_cpu_ms"] == 72.0


def test_a_child_for_every_check_costs_as_many_children() -> None:
    one = Costs(ingest=10, copies=5, originals=12, hash=6, child=2, once_kb=1, each_kb=2)
    assert (one.once, one.each) == (15, 18)
    assert (one.once_in_children, one.each_in_children) == (17, 26)
    figures = decode_once.outcome([SAMPLE], {"one": one}).figures
    assert figures["decode_one_each_over_once"] == pytest.approx(1.2)
    assert figures["decode_one_each_over_once_in_children"] == pytest.approx(26 / 17)


def test_both_sides_of_the_decoding_can_be_done_and_their_bytes_are_counted() -> None:
    data = encoded(draw((900, 600), 1), "JPEG")
    item = item_of(Request(contents=[Content(image=data)]))
    works = decode_once.works_of(data, item)
    for work in works.values():
        work()
    costs = decode_once.costs_of({**dict.fromkeys(works, 3.0), decode_once.POOL: 5.0}, item, len(data))
    assert costs.child == 2.0
    assert item.rendition is not None
    whole, tiles = len(item.rendition.data), sum(len(tile.data) for tile in item.tiles)
    assert tiles
    assert costs.once_kb == pytest.approx((3 * whole + 2 * tiles) / 1000)
    assert costs.each_kb == pytest.approx(4 * len(data) / 1000)


def test_reading_is_taken_apart_without_a_change_to_what_it_does() -> None:
    for work in stages.reading_works(encoded(draw((700, 500), 1), "PNG")).values():
        work()


def test_the_service_is_compared_with_its_model_round_by_round() -> None:
    sides = {
        service.SERVICE: [Spent(0.02, 0.001, 0.019), Spent(0.04, 0.001, 0.019)],
        service.LIBRARY: [Spent(0.016, 0.015, 0.0), Spent(0.032, 0.015, 0.0)],
        service.MODEL: [Spent(0.01, 0.01, 0.0), Spent(0.02, 0.01, 0.0)],
    }
    found = service.outcome(PACKS[:1], {PACKS[0].key: sides}, 64, "cpu")
    assert found.figures["service_mobilenet_over_model"] == pytest.approx(0.5)
    assert found.figures["service_mobilenet_over_library"] == pytest.approx(0.8)
    assert found.figures["service_mobilenet_model_share_of_server_cpu"] == pytest.approx(10 / 19)
    assert [row[1] for row in found.rows] == [service.SERVICE, service.LIBRARY, service.MODEL]


def test_pictures_are_gone_through_again_and_cut_into_batches() -> None:
    assert service.cycled(["a", "b"], 5) == ["a", "b", "a", "b", "a"]
    assert service.in_batches([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    model = open_model(MODELS, nsfw.NAME, EngineSettings())
    assert service.pixels(model, renditions(2)).shape == (2, 224, 224, 3)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.key)
async def test_an_engine_is_asked_as_often_as_the_way_says(way: Way) -> None:
    engine = Adder()
    await ask(engine, {"pixels": np.ones((8, 4), np.uint8)}, way, 16)
    assert engine.batches == [way.rows] * (16 // way.rows)


async def test_how_far_the_answers_are_apart() -> None:
    sides = {HERE: Adder(), SOCKET: Adder(0.25), SHARED: Adder(0.5)}
    assert await furthest(sides, {"pixels": np.ones((3, 4), np.uint8)}) == pytest.approx(0.5)


def test_the_engines_are_compared_with_the_one_in_process() -> None:
    times = {HERE: Spent(0.01, 0.008, 0.0), SOCKET: Spent(0.02, 0.002, 0.010), SHARED: Spent(0.02, 0.001, 0.009)}
    pack = PACKS[0]
    found = {(pack.key, way.key, name): [spent] for way in WAYS for name, spent in times.items()}
    outcome = engines.outcome([pack], found, {pack.key: 1e-6}, "cpu")
    assert outcome.figures["engines_mobilenet_batch_8_triton_grpc_cpu_over_in_process"] == pytest.approx(1.5)
    assert outcome.figures["engines_mobilenet_batch_1x8_triton_shared_memory_cpu_over_in_process"] == pytest.approx(
        1.25
    )
    assert "1.0e-06" in outcome.notes[0]


def test_both_models_lie_in_one_repository(tmp_path: Path) -> None:
    lay_out(MODELS, tmp_path / "models", lambda _: None, Shape())
    assert repository.names(tmp_path / "models") == (nsfw.NAME, VIT)
    assert all(repository.verify(tmp_path / "models", pack.name).name == pack.name for pack in PACKS)


def test_parts_are_chosen_by_name() -> None:
    assert parser().parse_args([]).parts == list(PARTS)
    assert parser().parse_args(["--parts", "decode", "stages"]).parts == ["decode", "stages"]
    for wrong in (["--parts", "sound"], ["--rounds", "0"], ["--device", "tpu"]):
        with pytest.raises(SystemExit):
            main(wrong)
