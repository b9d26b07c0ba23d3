"""Judging texts in this process: ingest's reading, the checks that the policy asks for, its decision. No stack."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from evaluation import parts
from evaluation.judged import Judged, judged
from sluice.check import Check, ModelInfo
from sluice.cli.window import in_order
from sluice.host.convert import item_of, kind_of, result_message, texts_together
from sluice.policy.decider import Decide, installed_decide
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.settings import Reader, Settings, read_settings
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.request_pb2 import (
    OPERATION_GENERATE,
    ROLE_PROMPT,
    STAGE_PROMPT,
    AgeBand,
    Subject,
)
from sluice.v1.verdict_pb2 import ContentResult, Verdict

AT_ONCE: Final = 256
"""Texts in one call of a check: enough for like lengths to share a batch of the encoder."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request at stage PROMPT: its texts, one as a rule, and whose it is."""

    texts: tuple[str, ...]
    age_band: AgeBand.ValueType = AgeBand.AGE_BAND_UNKNOWN


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges prompts. Use it from one event loop."""

    policy: Policy
    checks: Sequence[Check]
    prepare: parts.PrepareText
    decide: Decide

    @property
    def models(self) -> Sequence[ModelInfo]:
        """The models behind the answers."""
        return [model for check in self.checks for model in check.models()]

    async def judge(
        self, prompts: Sequence[Prompt], told: Callable[[int], None], most: int | None = None
    ) -> list[Judged]:
        """What comes of each, in order. `told`: how many more are done. `most`: calls under way at once.

        Raises what a check raises: a model that fails judges nobody.
        """
        chunks = [prompts[start : start + AT_ONCE] for start in range(0, len(prompts), AT_ONCE)]
        found: list[Judged] = []
        async for part in in_order(chunks, self._chunk, most or min(4, os.cpu_count() or 1)):
            found += part
            told(len(part))
        return found

    async def _chunk(self, prompts: Sequence[Prompt]) -> list[Judged]:
        asked = await asyncio.to_thread(lambda: [self._contents(prompt) for prompt in prompts])
        results: list[dict[str, Verdict]] = [{} for _ in asked]
        for check in self.checks:
            mine = [
                (index, content)
                for index, contents in enumerate(asked)
                for content in contents.contents
                if kind_of(content) in check.kinds
            ]
            together = [texts_together(contents.contents) for contents in asked]
            items = [replace(item_of(c), together=together[index].get(c.id, ())) for index, c in mine]
            answers = await check.run(items)
            for (index, content), answer in zip(mine, answers, strict=True):
                verdict = results[index].setdefault(check.name, Verdict(check=check.name))
                verdict.results.append(result_message(content.id, answer))
        return await asyncio.to_thread(lambda: [self._decide(*pair) for pair in zip(asked, results, strict=True)])

    def _contents(self, prompt: Prompt) -> Contents:
        prepared: list[PreparedContent] = [
            self.prepare(text, ROLE_PROMPT, f"c{number}") for number, text in enumerate(prompt.texts)
        ]
        subject = Subject(age_band=prompt.age_band)
        return Contents(stage=STAGE_PROMPT, operation=OPERATION_GENERATE, subject=subject, contents=prepared)

    def _decide(self, contents: Contents, verdicts: Mapping[str, Verdict]) -> Judged:
        outcome = self.decide(contents, verdicts, self.policy, late=True)
        if outcome is None:
            return Judged("", error="no decision")
        seen: list[ContentResult] = [result for verdict in verdicts.values() for result in verdict.results]
        digest = self.policy.digest.hex()
        return judged(int(outcome.action), outcome.complete, outcome.reasons, seen, digest)


def settings_of(env: Mapping[str, str]) -> tuple[Settings, Reader]:
    """The kit's settings without a broker. The caller calls `reader.finish()`."""
    given = {"KAFKA_BOOTSTRAP_SERVERS": "none", **{name: value for name, value in env.items() if value}}
    reader = Reader(given)
    return read_settings(reader, given), reader


async def open_judge(env: Mapping[str, str], policy: Path | None, stack: AsyncExitStack) -> Judge:
    """A judge with the policy of a file, or of the environment. `stack`: what closes the checks.

    Raises ConfigError, and NotReadyError with the command that mends it.
    """
    settings, reader = settings_of(env)
    prepare = parts.open_texts()(settings, reader)
    reader.finish()
    rules = load(policy or settings.policy)
    checks: list[Check] = []
    for name in rules.stages[STAGE_PROMPT].checks.get(ROLE_PROMPT, ()):
        settings, reader = settings_of(env)
        check = await parts.check(name).open(settings, reader)
        stack.push_async_callback(check.close)
        checks.append(check)
    return Judge(rules, checks, prepare, installed_decide())
