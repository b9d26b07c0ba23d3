"""Which packs the image check asks, from the environment."""

import pytest

from image_classifier.settings import ImageSettings, read_image_settings
from sluice.errors import ConfigError
from tests.unit.model_files import MODELS, settings


def test_by_default_it_is_the_shipped_one_alone() -> None:
    _, reader = settings()
    assert read_image_settings(reader) == ImageSettings(("nsfw_mobilenet",), "")


def test_packs_are_listed_with_commas() -> None:
    _, reader = settings(SLUICE_IMAGE_PACKS="mine, nsfw_mobilenet", SLUICE_CSAM_PACK="vendor")
    assert read_image_settings(reader) == ImageSettings(("mine", "nsfw_mobilenet"), "vendor")


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"SLUICE_IMAGE_PACKS": " , "}, "should name at least one pack"),
        ({"SLUICE_IMAGE_PACKS": "a,b,a"}, "SLUICE_IMAGE_PACKS names a twice"),
        ({"SLUICE_IMAGE_PACKS": "a", "SLUICE_CSAM_PACK": "a"}, "name it in one of them"),
    ],
)
def test_what_cannot_be_meant_is_refused(env: dict[str, str], problem: str) -> None:
    _, reader = settings(MODELS, **env)
    read_image_settings(reader)
    with pytest.raises(ConfigError, match=problem):
        reader.finish()
