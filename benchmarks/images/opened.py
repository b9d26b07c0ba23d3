"""What the services would open, opened here: checks, models, and how ingest is set up."""

from collections.abc import Mapping
from pathlib import Path

from hash_matcher.check import HashMatcher
from image_classifier.check import ImageClassifier
from ingest.settings import IngestSettings, read_ingest_settings
from person_classifier.check import PersonClassifier
from sluice.check import Check
from sluice.settings import Reader, Settings, read_settings
from text_classifier.image_text import ImageTextClassifier

CHECKS: tuple[type[Check], ...] = (ImageClassifier, PersonClassifier, ImageTextClassifier, HashMatcher)
"""Those that look at pictures."""


def environment(home: Path, models: Path) -> dict[str, str]:
    """Settings of a service without a broker: its models run in its own process, on one thread."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "SLUICE_HOME": str(home),
        "SLUICE_MODELS": str(models),
        "SLUICE_ONNX_THREADS": "1",
        "SLUICE_TEST_BANK": "1",
    }


def settings_of(env: Mapping[str, str]) -> Settings:
    """The kit's settings."""
    return read_settings(Reader(env), env)


def ingest_settings(env: Mapping[str, str]) -> IngestSettings:
    """As ingest has them where nothing is set."""
    return read_ingest_settings(Reader(env), settings_of(env))


async def open_checks(env: Mapping[str, str]) -> dict[str, Check]:
    """Every check of a picture by its name in policy. Raises NotReadyError with the command that mends it."""
    return {kind.name: await kind.open(settings_of(env), Reader(env)) for kind in CHECKS}
