"""A replay by several processes: parts of the decisions go to each, and their tallies add up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from sluice.errors import TerminalError
from sluice.policy.decider import installed_decide
from sluice.policy.labels import Label
from sluice.policy.load import load
from sluice.policy.replay import Replay
from sluice.v1.decision_pb2 import Decision

_PART: Final = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What every process needs: files, as conditions cannot be handed on.

    `live`: None: nothing is decided by it. `keep`: of how many decisions verdicts are to be looked up at most.
    """

    candidate: Path
    live: Path | None
    labels: Mapping[str, Label]
    keep: int = 0

    def open(self) -> Replay:
        """A replay that has counted nothing. ConfigError where a policy is not good."""
        live = None if self.live is None else load(self.live)
        return Replay(load(self.candidate), installed_decide(), self.labels, live)


def run(replay: Replay, values: Iterable[bytes], keep: int) -> Sequence[bytes]:
    """Takes every decision. Gives up to `keep` of those back of which more is to be known; the others it gives up.

    TerminalError where one is none.
    """
    held: list[bytes] = []
    for value in values:
        decision = _decision(value)
        if replay.take(decision):
            continue
        if len(held) < keep:
            held.append(value)
        else:
            replay.give_up(decision)
    return held


def _decision(value: bytes) -> Decision:
    try:
        decision = Decision.FromString(value)
    except DecodeError as error:
        raise TerminalError("a record is not a decision") from error
    if not decision.request_id:
        raise TerminalError("a record is not a decision: it names no request")
    return decision


def run_in(jobs: int, plan: Plan, replay: Replay, values: Iterable[bytes]) -> Sequence[bytes]:
    """`run` by so many processes of their own. `replay`: the plan's, already open; it counts for all.

    TerminalError where one of them ends before it is done.
    """
    spawn = get_context("spawn")
    digests = (replay.candidate.digest, replay.live.digest if replay.live is not None else b"")
    held: list[bytes] = []
    connections: list[Connection] = []
    for _ in range(jobs):
        ours, theirs = spawn.Pipe()
        spawn.Process(target=_work, args=(theirs, plan, digests, plan.keep // jobs), daemon=True).start()
        theirs.close()
        connections.append(ours)
    idle = [*connections]
    try:
        for part in _parts(values):
            if not idle:
                idle += _answered(connections, held)
            idle.pop().send(part)
        while len(idle) < jobs:
            idle += _answered([one for one in connections if one not in idle], held)
        for one in connections:
            one.send([])
            replay.tally.add(one.recv())
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise TerminalError("a process of the replay ended before it was done") from error
    finally:
        for one in connections:
            one.close()
    return held


def _answered(connections: Sequence[Connection], held: list[bytes]) -> list[Connection]:
    """Waits for whoever is done with a part."""
    ready = [one for one in wait(connections) if isinstance(one, Connection)]
    for one in ready:
        held += one.recv()
    return ready


def _work(connection: Connection, plan: Plan, digests: tuple[bytes, bytes], share: int) -> None:
    """A process: parts in, what is held out; an empty part ends it with its tally. `share`: what it may hold."""
    replay = plan.open()
    if digests != (replay.candidate.digest, replay.live.digest if replay.live is not None else b""):
        raise TerminalError(f"{plan.candidate} has changed meanwhile")
    keep = share
    while part := connection.recv():
        held = run(replay, part, keep)
        keep -= len(held)
        connection.send(held)
    connection.send(replay.tally)


def _parts(values: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(values)
    while part := list(islice(rest, _PART)):
        yield part
