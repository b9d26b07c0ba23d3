"""The image check with its real model, on scikit-image's photographs and on broken items."""

import asyncio
import dataclasses

import pytest

from image_classifier.check import ImageClassifier
from sluice.check import Item, Kind, Picture, Status
from sluice.errors import ConfigError, NotReadyError
from tests.unit.model_files import MODELS, settings
from tests.unit.pictures import item, photograph

HARMLESS = ("astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "page", "rocket")


@pytest.fixture(scope="module")
def check() -> ImageClassifier:
    return asyncio.run(ImageClassifier.open(*settings()))


async def test_photographs_are_neither_sexual_nor_drawn(check: ImageClassifier) -> None:
    results = await check.run([item(photograph(name)) for name in HARMLESS])
    for name, result in zip(HARMLESS, results, strict=True):
        assert result.status is Status.OK, name
        assert result.scores.keys() == {"sexual"}
        assert result.scores["sexual"] < 0.1, name
        assert result.signals["photoreal"] > 0.8, name
        assert result.signals["drawn"] == pytest.approx(1 - result.signals["photoreal"], abs=1e-3)


async def test_what_nobody_looked_at_is_abstained(check: ImageClassifier) -> None:
    (result,) = await check.run([item(photograph("coffee"))])
    assert {"sexual/minors", "violence", "violence/graphic", "hate", "self-harm", "extremism"} <= set(
        result.abstained
    )
    assert not set(result.abstained) & result.scores.keys()


async def test_one_picture_that_cannot_be_read_does_not_spoil_the_batch(check: ImageClassifier) -> None:
    good = item(photograph("coffee"))
    bare = dataclasses.replace(good, rendition=None)
    broken = dataclasses.replace(good, rendition=Picture(b"JPEG?", 512, 341))
    results = await check.run([bare, good, broken, good])
    assert [result.status for result in results] == [Status.ERROR, Status.OK, Status.ERROR, Status.OK]
    assert (results[0].detail, results[2].detail) == ("no rendition", "a rendition cannot be decoded")
    assert results[0].scores == {}
    assert results[1].scores == pytest.approx(results[3].scores)


async def test_nothing_readable(check: ImageClassifier) -> None:
    (result,) = await check.run([Item("c0", Kind.IMAGE)])
    assert result.status is Status.ERROR


async def test_a_batch_scores_as_its_members_do_alone(check: ImageClassifier) -> None:
    items = [item(photograph(name)) for name in HARMLESS[:4]]
    together = await check.run(items)
    for one, result in zip(items, together, strict=True):
        (alone,) = await check.run([one])
        assert alone.scores == pytest.approx(result.scores, abs=1e-4)


@pytest.mark.parametrize("name", [example.name for example in ImageClassifier.examples()])
async def test_examples_hold(check: ImageClassifier, name: str) -> None:
    (example,) = [one for one in ImageClassifier.examples() if one.name == name]
    (result,) = await check.run([example.item])
    assert example.holds(result)


def test_the_verdict_names_the_model(check: ImageClassifier) -> None:
    (info,) = check.models()
    assert (info.name, info.version, len(info.digest)) == ("nsfw_mobilenet", "1", 32)


async def test_without_the_model_it_is_not_ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("models")
    (empty / "nsfw_mobilenet").mkdir()
    (empty / "nsfw_mobilenet" / "card.yaml").write_bytes((MODELS / "nsfw_mobilenet" / "card.yaml").read_bytes())
    with pytest.raises(NotReadyError, match="run: sluice models pull nsfw_mobilenet"):
        await ImageClassifier.open(*settings(empty))


async def test_a_wrong_setting_stops_it() -> None:
    with pytest.raises(ConfigError, match="SLUICE_ONNX_THREADS"):
        await ImageClassifier.open(*settings(SLUICE_ONNX_THREADS="many"))
