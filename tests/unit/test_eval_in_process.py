"""Judging in one process: the services' own reading, checks and decision, in order, and never an allow by mistake."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from evaluation import parts
from evaluation.in_process import AT_ONCE, Judge, Prompt, open_judge, settings_of
from ingest.alone import open_texts
from orchestrator.decide import decide
from sluice.check import Check, Item, Result, Status
from sluice.errors import ConfigError, NotReadyError, TerminalError
from sluice.policy.decider import installed_decide
from sluice.policy.load import load
from sluice.v1.request_pb2 import AgeBand
from tests.unit.checks import ObedientCheck
from tests.unit.model_files import MODELS, settings
from text_classifier.check import TextClassifier

POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"


class WordCheck(ObedientCheck):
    """Its score is what the text says; `long` cannot be processed, `foreign` is not its language."""

    name = "text"

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        return [self._look(item.text) for item in items]

    def _look(self, word: str) -> Result:
        match word:
            case "long":
                return Result(status=Status.UNPROCESSABLE)
            case "foreign":
                return Result(status=Status.ABSTAIN)
            case "broken":
                raise TerminalError("cannot")
        return Result(scores={"hate": float(word)})


def judge(*checks: Check) -> Judge:
    return Judge(load(POLICY), checks, open_texts(*settings()), decide)


def nobody(_: int) -> None:
    return


async def test_each_text_gets_its_own_answer_in_order() -> None:
    words = [str(number / 1000) for number in range(1000)]
    told: list[int] = []
    found = await judge(WordCheck()).judge([Prompt((word,)) for word in words], told.append)
    assert [one.scores["hate"] for one in found] == [pytest.approx(float(word)) for word in words]
    assert [one.allowed for one in found] == [number < 500 for number in range(1000)]
    assert found[700].rules == ("hate",)
    assert told == [AT_ONCE, AT_ONCE, AT_ONCE, 1000 - 3 * AT_ONCE]


@pytest.mark.parametrize(
    ("text", "rule"),
    [("long", "unprocessable"), ("", "unprocessable"), ("a\0b", "unprocessable"), ("foreign", "incomplete")],
)
async def test_what_cannot_be_judged_is_blocked(text: str, rule: str) -> None:
    (found,) = await judge(WordCheck()).judge([Prompt((text,))], nobody)
    assert (found.action, found.complete, found.rules) == ("BLOCK", False, (rule,))


async def test_without_its_check_nothing_is_allowed() -> None:
    (found,) = await judge().judge([Prompt(("0.1",))], nobody)
    assert (found.action, found.rules) == ("BLOCK", ("incomplete",))


async def test_the_worst_of_several_texts_counts() -> None:
    (found,) = await judge(WordCheck()).judge([Prompt(("0.1", "0.9"))], nobody)
    assert (found.action, found.scores["hate"]) == ("BLOCK", 0.9)


class SumCheck(WordCheck):
    """Scores what the texts of a request say together."""

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        return [Result(scores={"hate": sum(map(float, item.together or (item.text,)))}) for item in items]


async def test_texts_that_are_bad_only_together_are_blocked() -> None:
    together, alone, other = await judge(SumCheck()).judge(
        [Prompt(("0.2", "0.2", "0.3")), Prompt(("0.2",)), Prompt(("0.1", "0.2"))], nobody
    )
    assert (together.action, together.rules) == ("BLOCK", ("hate",))
    assert alone.allowed
    assert other.allowed


async def test_the_age_band_reaches_the_policy() -> None:
    bands = (AgeBand.AGE_BAND_UNKNOWN, AgeBand.AGE_BAND_UNDER_13)
    found = await judge(WordCheck()).judge([Prompt(("0.1",), band) for band in bands], nobody)
    assert [one.rules for one in found] == [(), ("not-served",)]


async def test_a_check_that_fails_judges_nobody() -> None:
    with pytest.raises(TerminalError):
        await judge(WordCheck()).judge([Prompt(("0.1",)), Prompt(("broken",))], nobody)


def env() -> dict[str, str]:
    return {"SLUICE_MODELS": str(MODELS), "SLUICE_MAX_TEXT_BYTES": "100"}


async def test_it_opens_what_the_policy_asks_for() -> None:
    async with AsyncExitStack() as stack:
        found = await open_judge(env(), POLICY, stack)
        assert [type(check) for check in found.checks] == [TextClassifier]
        assert "minilm" in {model.name for model in found.models}
        long, short = await found.judge([Prompt(("fox " * 50,)), Prompt(("a fox",))], nobody)
    assert (long.rules, short.action) == (("unprocessable",), "ALLOW")


async def test_a_policy_with_a_check_that_is_not_here_is_refused(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    asked = POLICY.read_text().replace("PROMPT: [text]", "PROMPT: [text, palm-reader]")
    policy.write_text(asked + "own_checks: {palm-reader: []}\n")
    async with AsyncExitStack() as stack:
        with pytest.raises(NotReadyError, match="no 'palm-reader' is installed"):
            await open_judge(env(), policy, stack)


async def test_wrong_settings_are_told() -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(ConfigError, match="SLUICE_MAX_TEXT_BYTES"):
            await open_judge({"SLUICE_MAX_TEXT_BYTES": "many"}, POLICY, stack)


def test_no_broker_is_needed() -> None:
    found, reader = settings_of({"SLUICE_POLICY": "/x"})
    reader.finish()
    assert found.policy == Path("/x")


def test_the_parts_are_the_services_own() -> None:
    assert installed_decide() is decide
    assert parts.open_texts() is open_texts
    assert parts.check("text") is TextClassifier
