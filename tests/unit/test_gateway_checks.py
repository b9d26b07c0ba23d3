"""Whether the checks that a moderation takes are there."""

import dataclasses
from pathlib import Path

import pytest

from gateway.checks import Group, Present, required
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT

READS = Group(changing=False, members=2, reads=True)
EMPTY = Group(changing=False, members=0, reads=False)
SPARE = Group(changing=False, members=1, reads=False)
CHANGING = Group(changing=True, members=2, reads=False)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(Path(__file__).parents[2] / "policies" / "default.yaml")


def test_what_a_moderation_may_wait_for_is_what_its_policy_requires_of_prompts_and_uploads(policy: Policy) -> None:
    assert required(policy) == {"text", "image_text", "image", "person", "hash"}
    outputs = dataclasses.replace(policy, stages={STAGE_OUTPUT: policy.stages[STAGE_OUTPUT]})
    assert required(outputs) == required(None) == set()
    prompts = dataclasses.replace(policy.stages[STAGE_PROMPT], checks={0: ("mine",)})
    assert required(dataclasses.replace(policy, stages={STAGE_PROMPT: prompts})) == {"mine"}


@pytest.mark.parametrize("group", [None, EMPTY, SPARE, CHANGING])
def test_nobody_answers_for_a_check_that_reads_nothing(group: Group | None) -> None:
    groups = {"image": READS} | ({"text": group} if group is not None else {})
    assert Present().absent(["text", "image"], groups) == ["text"]


def test_a_replica_that_comes_or_goes_takes_nothing_away() -> None:
    present = Present()
    assert present.absent(["text"], {"text": READS}) == []
    for _ in range(3):
        assert present.absent(["text"], {"text": CHANGING}) == []
    # The last one has gone.
    assert present.absent(["text"], {"text": EMPTY}) == ["text"]
    # One has come, and has nothing yet.
    assert present.absent(["text"], {"text": CHANGING}) == ["text"]
    assert present.absent(["text"], {"text": READS}) == []
    assert present.absent(["text"], {"text": dataclasses.replace(CHANGING, members=0)}) == ["text"]


def test_a_check_that_a_new_policy_requires_was_not_there_before() -> None:
    present = Present()
    assert present.absent(["text"], {"text": READS, "image": READS}) == []
    assert present.absent(["text", "image"], {"text": READS, "image": CHANGING}) == ["image"]
