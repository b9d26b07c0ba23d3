"""Asks the service over and over, in a process of its own, until its standard input ends.

Every connection has so many questions under way, as calls or on one stream; each answer is compared with the right
one and brings the next question. Writes when each answer came (`time.monotonic_ns`) and what it took, ns, to a file,
and says in JSON how many were wrong.
"""

import argparse
import asyncio
import itertools
import json
import sys
from array import array
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import numpy as np

from benchmarks.hashes.inputs import Inputs
from benchmarks.hashes.questions import Answer, Question, questions
from sluice.v1.hash_matcher_pb2 import (
    HashMatcherMatchRequest,
    HashMatcherMatchResponse,
    HashMatcherMatchStreamRequest,
    HashMatcherMatchStreamResponse,
)
from sluice.v1.hash_matcher_pb2_grpc import HashMatcherStub
from sluice.v1.verdict_pb2 import STATUS_OK

if TYPE_CHECKING:
    # Only in the stub file.
    from sluice.v1.hash_matcher_pb2_grpc import HashMatcherAsyncStub

COUNT = 4096
"""Different questions."""
MOST_SECONDS = 30.0
"""For one answer."""
# Connections to one address share a socket unless they are told not to.
_OPTIONS = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
_Answered = HashMatcherMatchResponse | HashMatcherMatchStreamResponse


class Asking:
    """Counts and times."""

    def __init__(self, asked: Sequence[Question]) -> None:
        self._asked = asked
        self.stop = asyncio.Event()
        self.times = array("q")
        """When an answer came, what it took; and so on."""
        self.wrong: list[str] = []

    async def one_by_one(self, stub: "HashMatcherAsyncStub", at: int) -> None:
        """One question after the other, beginning with number `at`."""
        while not self.stop.is_set():
            question = self._asked[at % len(self._asked)]
            at += 1
            begin = monotonic_ns()
            try:
                answer = await stub.Match(HashMatcherMatchRequest(content=question.content), timeout=MOST_SECONDS)
            except grpc.aio.AioRpcError as error:
                self.wrong.append(f"{error.code().name}: {error.details()}")
                continue
            self._keep(answer, question.answer, begin)

    async def streamed(self, stub: "HashMatcherAsyncStub", at: int, at_once: int) -> None:
        """One stream with `at_once` questions under way, beginning with number `at`."""
        begun: dict[str, int] = {}
        room = asyncio.Semaphore(at_once)

        async def asked() -> AsyncIterator[HashMatcherMatchStreamRequest]:
            for number in itertools.count(at):
                await room.acquire()
                if self.stop.is_set():
                    return
                begun[str(number)] = monotonic_ns()
                content = self._asked[number % len(self._asked)].content
                yield HashMatcherMatchStreamRequest(tag=str(number), content=content)

        try:
            async for answer in stub.MatchStream(asked()):
                room.release()
                right = self._asked[int(answer.tag) % len(self._asked)].answer
                self._keep(answer, right, begun.pop(answer.tag))
        except grpc.aio.AioRpcError as error:
            self.wrong.append(f"{error.code().name}: {error.details()}")
        self.wrong.extend("no answer" for _ in begun)

    def _keep(self, answer: _Answered, right: Answer, begin: int) -> None:
        end = monotonic_ns()
        self.times.extend((end, end - begin))
        if problem := compared(answer, right):
            self.wrong.append(problem)


def compared(answer: _Answered, right: Answer) -> str:
    """What is wrong with an answer; empty where nothing is."""
    found = tuple((match.entry, match.method, match.distance) for match in answer.result.matches)
    if answer.result.status != STATUS_OK:
        return f"status {answer.result.status}: {answer.result.detail}"
    return "" if found == right else f"{found} instead of {right}"


async def ask(address: str, size: int, connections: int, at_once: int, stream: bool) -> Asking:
    """Until standard input ends."""
    asking = Asking(questions(Inputs(size), COUNT))
    channels = [grpc.aio.insecure_channel(address, options=_OPTIONS) for _ in range(connections)]
    stubs = [HashMatcherStub(channel) for channel in channels]
    if stream:
        step = COUNT // connections
        work = [asking.streamed(stub, step * number, at_once) for number, stub in enumerate(stubs)]
    else:
        step = COUNT // max(1, connections * at_once)
        each = enumerate(stub for stub in stubs for _ in range(at_once))
        work = [asking.one_by_one(stub, step * number) for number, stub in each]
    loops = [asyncio.create_task(one) for one in work]
    await asyncio.to_thread(sys.stdin.read)
    asking.stop.set()
    await asyncio.gather(*loops)
    for channel in channels:
        await channel.close()
    return asking


def main(arguments: Sequence[str]) -> int:
    """Asks, then tells."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hashes.asking", description=__doc__)
    parser.add_argument("address")
    parser.add_argument("times", type=Path)
    for name in ("--size", "--connections", "--at-once"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--stream", action="store_true")
    wanted = parser.parse_args(arguments)
    asking = asyncio.run(ask(wanted.address, wanted.size, wanted.connections, wanted.at_once, wanted.stream))
    np.save(wanted.times, np.frombuffer(asking.times, np.int64).reshape(-1, 2))
    sys.stdout.write(json.dumps({"wrong": len(asking.wrong), "first": asking.wrong[:3]}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
