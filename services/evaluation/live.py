"""Judging through a stack: the one road that every request takes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from evaluation.cases import Case
from evaluation.judged import Judged, judged
from sluice.cli.ask import Ask
from sluice.cli.send import Outcome, Sender
from sluice.cli.window import in_order
from sluice.ids import new_request_id
from sluice.local.state import Running
from sluice.v1.request_pb2 import Stage

DEADLINE_MS: Final = 60_000
"""As for every command that works through a backlog."""


def ask_of(case: Case) -> Ask | str:
    """The request of a case, or why there is none."""
    if len(case.texts) > 1:
        return "several texts make one prompt here: judge them in-process"
    stage = Stage.STAGE_OUTPUT if case.stage == "output" else Stage.STAGE_PROMPT
    generated = case.images[:1] if case.stage == "output" else ()
    return Ask(
        request_id=new_request_id(),
        stage=stage,
        age_band=case.age_band,
        prompt=case.texts[0] if case.texts else None,
        images=generated,
        uploads=case.images[len(generated) :],
        deadline_ms=DEADLINE_MS,
    )


def judged_live(outcome: Outcome) -> Judged:
    """What came of a request. Without a decision nothing is allowed, and `error` says why."""
    decision = outcome.decision
    if decision is None:
        return Judged("", error=outcome.error or "no decision")
    results = [result for check in decision.inputs for result in check.results]
    return judged(decision.action, decision.complete, decision.reasons, results, decision.policy_digest.hex())


async def judge_live(
    running: Running, cases: Sequence[Case], concurrency: int, told: Callable[[int], None]
) -> list[Judged]:
    """What comes of each case, in order. Signed pictures are thrown away."""
    found: list[Judged] = []
    with TemporaryDirectory(prefix="sluice-eval-") as folder:
        async with Sender.open(running, Path(folder)) as sender:

            async def one(case: Case) -> Judged:
                ask = ask_of(case)
                return Judged("", error=ask) if isinstance(ask, str) else judged_live(await sender.moderate(ask))

            async for answer in in_order(cases, one, concurrency):
                found.append(answer)
                told(1)
    return found
