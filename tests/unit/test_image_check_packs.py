"""The image check with an operator's pack beside the shipped one, and with something in the CSAM slot."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from image_classifier.check import ImageClassifier
from image_classifier.panel import Panel
from sluice.check import Item, Status
from sluice.errors import NotReadyError, RetryableError, SluiceError, TerminalError
from sluice.models.categories import PICTURE_CATEGORIES
from sluice.models.engine import EngineSettings
from sluice.models.opened import open_model
from tests.unit.csam_adapters import PlantedAdapter, stripes
from tests.unit.model_files import MODELS, settings
from tests.unit.packs import add_vit, edit
from tests.unit.pictures import item, photograph


@pytest.fixture
async def models(tmp_path: Path) -> Path:
    """The shipped pack, and one of an operator: a transformer that knows sexual, gore and weapons."""
    found = tmp_path / "models"
    found.mkdir()
    (found / "nsfw_mobilenet").symlink_to(MODELS / "nsfw_mobilenet")
    await add_vit(found, "house_vit", "nude=sexual", "gore=violence/graphic", "gore=violence", "weapon=violence:0.5")
    return found


BOTH = "nsfw_mobilenet,house_vit"


async def scores(models: Path, packs: str, one: Item) -> dict[str, float]:
    check = await ImageClassifier.open(*settings(models, SLUICE_IMAGE_PACKS=packs))
    (result,) = await check.run([one])
    assert result.status is Status.OK
    return dict(result.scores)


async def test_categories_of_two_packs_merge_by_the_higher_score(models: Path) -> None:
    one = item(photograph("coffee"))
    shipped, house = await scores(models, "nsfw_mobilenet", one), await scores(models, "house_vit", one)
    both = await scores(models, BOTH, one)
    assert both.keys() == {"sexual", "violence", "violence/graphic"}
    assert both["sexual"] == pytest.approx(max(shipped["sexual"], house["sexual"]), abs=1e-4)
    assert both["violence"] == pytest.approx(house["violence"], abs=1e-4)
    assert shipped["sexual"] != pytest.approx(house["sexual"], abs=1e-4)


async def test_what_no_pack_covers_is_abstained_and_every_model_is_named(models: Path) -> None:
    check = await ImageClassifier.open(*settings(models, SLUICE_IMAGE_PACKS=BOTH))
    (result,) = await check.run([item(photograph("coffee"))])
    assert result.abstained == tuple(category for category in PICTURE_CATEGORIES if category not in result.scores)
    assert {"self-harm", "hate", "csam"} <= set(result.abstained)
    assert result.signals.keys() == {"drawn", "photoreal"}
    assert [(info.name, info.version) for info in check.models()] == [("nsfw_mobilenet", "1"), ("house_vit", "1")]


async def test_the_canary_notices_a_pack_that_answers_otherwise(models: Path) -> None:
    """Whatever a random network makes of a colour ramp: the same as when it was added is what counts."""
    canary = ImageClassifier.examples()[0]
    good = await ImageClassifier.open(*settings(models, SLUICE_IMAGE_PACKS=BOTH))
    (result,) = await good.run([canary.item])
    assert canary.holds(result)
    edit(models, "house_vit", {"colour: RGB": "colour: BGR"})
    wrong = await ImageClassifier.open(*settings(models, SLUICE_IMAGE_PACKS=BOTH))
    result, other = await wrong.run([canary.item, item(photograph("coffee"))])
    assert (result.status, result.scores) == (Status.ERROR, {})
    assert result.detail.startswith("model house_vit: its golden output for ramp is off by")
    assert other.status is Status.OK


@pytest.mark.parametrize(
    ("name", "message"),
    [("absent", "no model absent"), ("face_age", "face_age is no picture classifier")],
)
async def test_it_is_not_ready_without_each_of_its_packs(models: Path, name: str, message: str) -> None:
    (models / "face_age").symlink_to(MODELS / "face_age")
    with pytest.raises(NotReadyError, match=message):
        await ImageClassifier.open(*settings(models, SLUICE_IMAGE_PACKS=f"nsfw_mobilenet,{name}"))


def with_adapter(adapter: PlantedAdapter) -> ImageClassifier:
    return ImageClassifier(Panel([open_model(MODELS, "nsfw_mobilenet", EngineSettings())]), adapter)


async def test_an_adapter_in_the_slot_gives_the_category_csam() -> None:
    adapter = PlantedAdapter()
    check = with_adapter(adapter)
    planted, other = await check.run([stripes(), item(photograph("coffee"))])
    assert (planted.scores["csam"], other.scores["csam"]) == (0.97, 0.01)
    assert "csam" not in planted.abstained
    assert [info.name for info in check.models()] == ["nsfw_mobilenet", "planted"]
    await check.close()
    assert adapter.closed == 1


class Failing(PlantedAdapter):
    """An adapter that raises, or answers with what is no score."""

    def __init__(self, answer: Callable[[Sequence[Item]], Sequence[float]]) -> None:
        super().__init__()
        self._answer = answer

    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        return self._answer(items)


def raising(error: SluiceError) -> Callable[[Sequence[Item]], Sequence[float]]:
    def answer(_: Sequence[Item]) -> Sequence[float]:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (raising(RetryableError("the provider is busy")), RetryableError),
        (raising(TerminalError("never")), TerminalError),
        (lambda _: [], TerminalError),
        (lambda items: [float("nan") for _ in items], TerminalError),
        (lambda items: [1.5 for _ in items], TerminalError),
    ],
)
async def test_without_the_adapters_answer_there_is_none(
    answer: Callable[[Sequence[Item]], Sequence[float]], error: type[SluiceError]
) -> None:
    with pytest.raises(error):
        await with_adapter(Failing(answer)).run([item(photograph("coffee"))])


async def test_a_pack_can_take_the_slot_and_only_that(models: Path) -> None:
    await add_vit(models, "vendor_vit", "gore=csam", seed=1)
    check = await ImageClassifier.open(*settings(models, SLUICE_CSAM_PACK="vendor_vit"))
    (result,) = await check.run([item(photograph("coffee"))])
    assert result.scores.keys() == {"sexual", "csam"}
    assert [info.name for info in check.models()] == ["nsfw_mobilenet", "vendor_vit"]
    with pytest.raises(NotReadyError, match="name it in SLUICE_CSAM_PACK, not in SLUICE_IMAGE_PACKS"):
        await ImageClassifier.open(*settings(models, SLUICE_IMAGE_PACKS="vendor_vit"))
    with pytest.raises(NotReadyError, match="the card of that pack has no score csam"):
        await ImageClassifier.open(*settings(models, SLUICE_CSAM_PACK="house_vit"))
