"""One contract for every check: its own examples, batches, and the shape of its answers."""

import os
from pathlib import Path

import pytest

from hash_matcher.check import HashMatcher
from image_classifier.check import ImageClassifier
from person_classifier.check import PersonClassifier
from sluice.categories import CATEGORIES
from sluice.check import Check, Kind, Need, Status
from sluice.host.check_rpc import service_descriptor
from sluice.host.convert import result_message
from sluice.settings import Reader, Settings, read_settings
from text_classifier.check import TextClassifier
from text_classifier.image_text import ImageTextClassifier

CHECKS: tuple[type[Check], ...] = (
    TextClassifier,
    ImageTextClassifier,
    ImageClassifier,
    PersonClassifier,
    HashMatcher,
)


def environment(home: Path) -> tuple[Settings, Reader]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("SLUICE_MODELS")}
    env = {**kept, "SLUICE_HOME": str(home), "KAFKA_BOOTSTRAP_SERVERS": "unused:1", "SLUICE_TEST_BANK": "1"}
    reader = Reader(env)
    return read_settings(reader, env), Reader(env)


SIGNALS = frozenset({"body"})
"""What is no category, and is abstained from all the same where nothing provides it."""


@pytest.mark.parametrize("kind", CHECKS, ids=lambda kind: kind.name)
async def test_a_check_keeps_the_contract(kind: type[Check], tmp_path: Path) -> None:
    check = await kind.open(*environment(tmp_path))
    examples = kind.examples()
    assert examples, "the first example is the readiness canary"
    items = [example.item for example in examples]
    assert all(item.kind in kind.kinds for item in items)
    together = await check.run(items)
    assert len(together) == len(items)
    for example, found in zip(examples, together, strict=True):
        assert example.holds(found), example.name
        (alone,) = await check.run([example.item])
        assert example.holds(alone), example.name
        assert set(found.scores) <= set(CATEGORIES)
        assert set(found.abstained) <= {*CATEGORIES, *SIGNALS}
        assert not set(found.scores) & set(found.abstained)
        assert all(0.0 <= score <= 1.0 for score in found.scores.values())
        assert result_message("c0", found).content_id == "c0"
    assert together[0].status is Status.OK
    assert await check.run([]) == [] or list(await check.run([])) == []
    models = check.models()
    assert models
    assert all(len(model.digest) == 32 for model in models)
    await check.close()


@pytest.mark.parametrize("kind", CHECKS, ids=lambda kind: kind.name)
def test_a_check_says_what_it_is(kind: type[Check]) -> None:
    assert kind.service_name
    assert service_descriptor(kind.service).full_name == f"sluice.v1.{kind.service}"
    assert kind.needs <= set(Need)
    assert kind.kinds <= set(Kind)


def test_names_are_unique() -> None:
    assert len({kind.name for kind in CHECKS}) == len(CHECKS)
