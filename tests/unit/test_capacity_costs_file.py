"""Costs files: the one that ships, one that was written, and what is wrong with others."""

import pytest
import yaml

from image_classifier.check import ImageClassifier
from person_classifier.check import PersonClassifier
from sluice.bus.topics import Topic
from sluice.capacity.costs import KAFKA, Grows, growth
from sluice.capacity.costs_file import packaged, read_costs
from sluice.capacity.costs_form import write_costs
from sluice.capacity.figure import Basis
from sluice.errors import ConfigError
from sluice.load.mix import Kind
from sluice.local.entry_points import service_names
from text_classifier.check import TextClassifier
from text_classifier.image_text import ImageTextClassifier


def test_the_packaged_costs_know_every_service_and_topic_of_a_request() -> None:
    found = packaged()
    # A shadow policy is a trial that most do without; the reporter works when something matched, which is rare; the
    # gateway stands before the plan's door.
    assert found.services.keys() == {*service_names(), KAFKA} - {"policy-shadow", "reporter", "gateway"}
    road = {Topic.REQUESTS, Topic.CONTENTS, Topic.VERDICTS, Topic.DECISIONS, Topic.APPROVED, Topic.SIGNED}
    assert found.topics.keys() == road


def test_no_figure_of_a_gpu_is_told_as_measured() -> None:
    for service in packaged().services.values():
        assert service.gpu is None or service.gpu.basis is Basis.ASSUMED


def test_batches_are_those_of_the_code() -> None:
    found = packaged().services
    for name, check in (
        ("image-classifier", ImageClassifier),
        ("person-classifier", PersonClassifier),
        ("text-classifier", TextClassifier),
        ("image-text-classifier", ImageTextClassifier),
    ):
        told = found[name]
        assert (told.max_batch.value, told.at_once.value) == (check.max_batch, check.batches_at_once)
        assert told.batch_wait.value == check.batch_wait_ms / 1000


def test_what_is_written_is_read_again() -> None:
    assert read_costs(write_costs(packaged()), "again") == packaged()


def test_all_that_is_wrong_is_said_at_once() -> None:
    form = yaml.safe_load(write_costs(packaged()))
    del form["services"]["ingest"]["idle_cores"]
    form["services"]["orchestrator"]["cpu"]["prompt"] = {"value": -1, "unit": "ms", "assumed": "x"}
    form["services"]["text-classifier"]["cpu"]["video"] = {"value": 1, "unit": "s", "assumed": "x"}
    form["services"]["person-classifier"]["grows"] = "slowly"
    form["price"]["core_hour"] = {"value": True, "assumed": "x"}
    form["price"]["gpu_hour"] = {"value": 2.0, "measured": "nowhere"}
    form["topics"]["moderation.decisions"]["tailed_by"] = ["nobody"]
    del form["services"]["kafka"]
    with pytest.raises(ConfigError) as caught:
        read_costs(yaml.safe_dump(form), "mine.yaml")
    told = "\n".join(caught.value.problems)
    for wanted in (
        "services.ingest.idle_cores: is missing",
        "services.orchestrator.cpu.prompt.value: should be a number from 0 on",
        "services.orchestrator.cpu.prompt.unit: should be s, not ms",
        "services.text-classifier.cpu: video is not one of prompt, edit, output",
        "services.person-classifier.grows: slowly is not one of not, tiles, pixels",
        "price.core_hour.value: should be a number",
        "price.gpu_hour.measured: nowhere is none of the sources",
        "topics.moderation.decisions.tailed_by: nobody is no service",
        "services: kafka is missing",
    ):
        assert wanted in told
    assert all(problem.startswith("mine.yaml: ") for problem in caught.value.problems)


@pytest.mark.parametrize("text", ["{", "- 1", "", "services: [1]"])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        read_costs(text, "mine.yaml")


def test_cost_grows_as_far_as_tiles_do() -> None:
    # 4032 x 3024 pixels, cut to 1600 x 1200; 1.8 times the cost for both checks by docs/performance.md.
    assert growth(Grows.TILES, 12.19) == pytest.approx(1.92 / 1.048576)
    assert growth(Grows.PIXELS, 12.19) == pytest.approx(12.19 / 1.048576)
    assert growth(Grows.NOT, 12.19) == 1.0


def test_prompts_have_no_pixels() -> None:
    ingest = packaged().services["ingest"]
    assert ingest.seconds(Kind.PROMPT, 50) == ingest.seconds(Kind.PROMPT, 1)
    assert ingest.seconds(Kind.OUTPUT, 12) > ingest.seconds(Kind.OUTPUT, 1)
    # It reads the record and leaves it; the signer is not shown it at all.
    person = packaged().services["person-classifier"]
    assert Kind.PROMPT not in person.answers
    assert person.seconds(Kind.PROMPT, 1) < person.seconds(Kind.OUTPUT, 1) / 10
    assert packaged().services["c2pa-signer"].seconds(Kind.PROMPT, 1) == 0
