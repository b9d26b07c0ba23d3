"""The person check with its real models.

Only scikit-image's pictures and what is made of them: one adult's photograph, and pictures of things. How it does on
people at large, and on minors above all, these tests cannot say.
"""

import asyncio
import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from person_classifier.check import PersonClassifier
from sluice.check import Person, Result, Status
from sluice.errors import ConfigError, NotReadyError
from sluice.pixels import Rgb, resize
from tests.unit.model_files import MODELS, settings
from tests.unit.pictures import item, photograph


@pytest.fixture(scope="module")
def check() -> PersonClassifier:
    return asyncio.run(PersonClassifier.open(*settings()))


async def judge(check: PersonClassifier, rgb: Rgb) -> Result:
    (result,) = await check.run([item(rgb)])
    assert result.status is Status.OK
    assert result.person is not None
    return result


async def test_a_clear_photograph_of_an_adult(check: PersonClassifier) -> None:
    result = await judge(check, photograph("astronaut"))
    assert result.person is Person.ADULT
    assert 25 <= result.signals["lowest_age"] <= 38
    assert 5.6 < result.signals["lowest_age_sd"] < 8
    assert result.signals["adult"] > 0.8
    assert 0 < result.signals["child"] < 0.2
    assert (result.signals["faces"], result.signals["clear_faces"]) == (1, 1)
    assert result.signals["photoreal"] > 0.9


@pytest.mark.parametrize("name", ["coffee", "rocket", "brick", "grass", "gravel", "hubble_deep_field", "page"])
async def test_pictures_of_things_show_nobody(check: PersonClassifier, name: str) -> None:
    result = await judge(check, photograph(name))
    assert result.person is Person.NONE
    assert result.signals["faces"] == 0
    assert "lowest_age" not in result.signals
    assert result.signals["none"] == 1


async def test_a_cat_is_in_doubt_and_no_child(check: PersonClassifier) -> None:
    """The first network takes it for a face at 0.91, the second does not: that is a doubt, and a doubt is said."""
    result = await judge(check, photograph("chelsea"))
    assert result.person is Person.AGE_UNKNOWN
    assert (result.signals["faces"], result.signals["clear_faces"]) == (1, 0)


async def test_the_youngest_looking_face_decides_and_borderline_is_unknown(check: PersonClassifier) -> None:
    result = await judge(check, photograph("camera"))
    assert result.person is Person.AGE_UNKNOWN
    assert 18 <= result.signals["lowest_age"] < 25


async def test_a_small_face_in_a_large_picture_is_found_in_a_tile(check: PersonClassifier) -> None:
    canvas = np.tile(photograph("brick"), (2, 3, 1))[:1000, :1500]
    canvas[200:400, 300:500] = resize(photograph("astronaut"), 200, 200)
    result = await judge(check, canvas)
    assert result.signals["clear_faces"] >= 1
    assert result.person is Person.AGE_UNKNOWN


async def test_a_face_in_a_large_picture_is_read_at_its_full_size(check: PersonClassifier) -> None:
    canvas = np.tile(photograph("brick"), (2, 3, 1))[:1000, :1500]
    canvas[100:612, 700:1212] = photograph("astronaut")
    result = await judge(check, canvas)
    assert result.person in (Person.ADULT, Person.AGE_UNKNOWN)
    assert result.signals["lowest_age"] >= 25


@pytest.mark.parametrize("noise", [40, 60])
async def test_noise_makes_people_older_so_noisy_faces_are_in_doubt(check: PersonClassifier, noise: int) -> None:
    generator = np.random.default_rng(1)
    noisy = photograph("astronaut") + generator.normal(0, noise, (512, 512, 3))
    result = await judge(check, np.clip(noisy, 0, 255).astype(np.uint8))
    assert result.person is Person.AGE_UNKNOWN


async def test_a_dark_picture_is_not_an_empty_one(check: PersonClassifier) -> None:
    result = await judge(check, (photograph("astronaut") * 0.1).astype(np.uint8))
    assert result.signals["faces"] >= 1
    assert result.person is not Person.NONE


async def test_a_sideways_face_is_not_nobody(check: PersonClassifier) -> None:
    result = await judge(check, np.ascontiguousarray(np.rot90(photograph("astronaut"))))
    assert result.person is not Person.NONE


async def test_what_cannot_be_read_is_an_error_of_its_own(check: PersonClassifier) -> None:
    good = item(photograph("coffee"))
    results = await check.run([dataclasses.replace(good, rendition=None), good])
    assert [result.status for result in results] == [Status.ERROR, Status.OK]
    assert results[0].person is None


async def test_lost_tiles_are_a_doubt(check: PersonClassifier) -> None:
    (result,) = await check.run([dataclasses.replace(item(photograph("coffee")), tiles=())])
    assert result.person is Person.AGE_UNKNOWN


@pytest.mark.parametrize("name", [example.name for example in PersonClassifier.examples()])
async def test_examples_hold(check: PersonClassifier, name: str) -> None:
    (example,) = [one for one in PersonClassifier.examples() if one.name == name]
    (result,) = await check.run([example.item])
    assert example.holds(result)


async def test_a_stricter_operator_gets_fewer_adults() -> None:
    strict = await PersonClassifier.open(*settings(SLUICE_PERSON_ADULT_AGE="40"))
    assert (await judge(strict, photograph("astronaut"))).person is Person.AGE_UNKNOWN


@pytest.mark.parametrize("years", ["24", "18", "0", "-1", "young"])
async def test_the_age_of_adults_cannot_be_lowered(years: str) -> None:
    with pytest.raises(ConfigError, match="SLUICE_PERSON_ADULT_AGE"):
        await PersonClassifier.open(*settings(SLUICE_PERSON_ADULT_AGE=years))


def test_the_verdict_names_all_four_models(check: PersonClassifier) -> None:
    assert [info.name for info in check.models()] == ["face_ssd", "face_tiny", "face_age", "nsfw_mobilenet"]


async def test_without_a_model_it_is_not_ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    models = tmp_path_factory.mktemp("models")
    (models / "face_ssd").symlink_to(MODELS / "face_ssd")
    (models / "face_tiny").mkdir()
    (models / "face_tiny" / "card.yaml").write_bytes((MODELS / "face_tiny" / "card.yaml").read_bytes())
    with pytest.raises(NotReadyError, match="run: sluice models pull face_tiny"):
        await PersonClassifier.open(*settings(models))


def cartoon(skin: tuple[int, int, int] = (240, 200, 160)) -> Rgb:
    """A face as children's books have them: even colours within lines."""
    picture = Image.new("RGB", (512, 512), (120, 190, 235))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((120, 60, 392, 300), fill=(90, 55, 30))
    draw.ellipse((146, 110, 366, 400), fill=skin, outline=(40, 30, 20), width=6)
    for left in (196, 276):
        draw.ellipse((left, 210, left + 42, 250), fill=(255, 255, 255), outline=(40, 30, 20), width=4)
        draw.ellipse((left + 14, 220, left + 30, 240), fill=(40, 30, 20))
        draw.arc((left - 4, 180, left + 46, 220), 200, 340, fill=(40, 30, 20), width=6)
    draw.line([(256, 250), (246, 292), (264, 294)], fill=(150, 90, 70), width=5)
    draw.chord((206, 310, 306, 360), 0, 180, fill=(200, 60, 60), outline=(40, 30, 20), width=4)
    draw.rectangle((170, 400, 342, 512), fill=(200, 70, 70))
    return np.asarray(picture)


@pytest.mark.parametrize("skin", [(240, 200, 160), (120, 75, 50)])
async def test_a_drawn_cartoon_face_is_not_photoreal(check: PersonClassifier, skin: tuple[int, int, int]) -> None:
    result = await judge(check, cartoon(skin))
    assert result.signals["photoreal"] < 0.5 < result.signals["drawn"]
    assert result.person in (Person.NONE, Person.AGE_UNKNOWN)


FILTERS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "two bits": lambda image: ImageOps.posterize(image, 2),
    "eight colours": lambda image: image.quantize(8).convert("RGB"),
    "mode": lambda image: image.filter(ImageFilter.ModeFilter(9)),
    "contour": lambda image: image.filter(ImageFilter.CONTOUR),
    "median": lambda image: image.filter(ImageFilter.MedianFilter(7)).filter(ImageFilter.MedianFilter(7)),
    "negative": ImageOps.invert,
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_that_makes_a_photograph_look_drawn_hides_nobody(check: PersonClassifier, name: str) -> None:
    result = await judge(check, np.asarray(FILTERS[name](Image.fromarray(photograph("astronaut")))))
    assert result.person is not Person.NONE


@pytest.mark.parametrize("name", ["contour", "median", "negative"])
async def test_a_filter_that_makes_people_decades_older_makes_no_adults(check: PersonClassifier, name: str) -> None:
    result = await judge(check, np.asarray(FILTERS[name](Image.fromarray(photograph("astronaut")))))
    assert result.person is Person.AGE_UNKNOWN


@pytest.mark.parametrize("sigma", [3, 4])
async def test_blur_makes_no_adults(check: PersonClassifier, sigma: int) -> None:
    blurred = Image.fromarray(photograph("astronaut")).filter(ImageFilter.GaussianBlur(sigma))
    assert (await judge(check, np.asarray(blurred))).person is Person.AGE_UNKNOWN


async def test_a_covered_mouth_makes_no_adults(check: PersonClassifier) -> None:
    covered = photograph("astronaut").copy()
    covered[130:186, 167:281] = (90, 120, 160)
    assert (await judge(check, covered)).person is Person.AGE_UNKNOWN


async def test_nothing_looks_for_bodies_and_that_is_said(check: PersonClassifier) -> None:
    result = await judge(check, photograph("coffee"))
    assert result.abstained == ("body",)
    assert result.person is Person.NONE
