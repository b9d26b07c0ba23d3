"""The index answers what the benchmark of the whole service asks as it should, and figures are those of a phase."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.hashes.asking import compared
from benchmarks.hashes.inputs import RUN, Inputs
from benchmarks.hashes.matcher import make_store
from benchmarks.hashes.questions import BANK, questions
from benchmarks.hashes.service import Phase
from sluice.check import Digests
from sluice.hashes.live import LiveIndex
from sluice.v1.hash_matcher_pb2 import HashMatcherMatchResponse
from sluice.v1.verdict_pb2 import STATUS_ERROR, STATUS_OK, ContentResult, ListMatch


def test_the_store_answers_the_questions_as_they_say(tmp_path: Path) -> None:
    inputs = Inputs(RUN + 100)
    assert make_store(tmp_path / "store", inputs, 1).built.entries == RUN + 100
    index = LiveIndex(tmp_path / "store")
    asked = questions(inputs, 256)
    queries = []
    for one in asked:
        digests = one.content.image.digests
        exact = (digests.md5, digests.sha1, digests.sha256)
        queries.append(Digests(*exact, tuple(digests.pdq), digests.pdq_quality))
    hits = index.view.look_up(queries)
    found = [tuple((hit.entry, hit.method.value, hit.distance) for hit in one) for one in hits]
    assert found == [one.answer for one in asked]
    assert {hit.bank.name for one in hits for hit in one} == {BANK}
    index.close()


def test_questions_come_in_four_kinds() -> None:
    answers = [one.answer for one in questions(Inputs(1000), 128)]
    assert [answer[0][1:] for answer in answers[::4]] == [("pdq", distance) for distance in range(32)]
    assert {answer[0][1:] for answer in answers[2::4]} == {("md5", 0)}
    assert {*answers[1::4], *answers[3::4]} == {()}


def answered(*matches: ListMatch, status: int = STATUS_OK) -> HashMatcherMatchResponse:
    return HashMatcherMatchResponse(result=ContentResult(status=status, matches=matches))  # type: ignore[arg-type]  # any status


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (answered(), False),
        (answered(ListMatch(entry="7", method="pdq", distance=4)), True),
        (answered(ListMatch(entry="7", method="pdq", distance=5)), False),
        (answered(ListMatch(entry="8", method="pdq", distance=4)), False),
        (answered(*[ListMatch(entry="7", method="pdq", distance=4)] * 2), False),
        (answered(ListMatch(entry="7", method="pdq", distance=4), status=STATUS_ERROR), False),
    ],
)
def test_an_answer_is_compared_whole(answer: HashMatcherMatchResponse, right: bool) -> None:
    assert (compared(answer, (("7", "pdq", 4),)) == "") is right


def test_a_phase_counts_what_came_within_it() -> None:
    second = 1_000_000_000
    times = np.array([[1, 9], *([at * second, at * 1_000_000] for at in range(2, 6)), [7 * second, 9]], np.int64)
    phase = Phase("steady", 2 * second, 6 * second, cpu_s=2.0)
    found = phase.figures(times)
    assert (found["lookups"], found["lookups_per_s"], found["p50_ms"], found["max_ms"]) == (4, 1.0, 3.5, 5.0)
    assert found["cpu_s_per_1000"] == 500.0
