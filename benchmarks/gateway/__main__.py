"""Reads the command line, runs the parts, prints their tables and one JSON line."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import grpc.aio
from rich.console import Console
from rich.table import Table

import benchmarks.gateway as package
from benchmarks.environment import python_with
from benchmarks.gateway import doors, grpc_door, http_door, peers
from benchmarks.gateway.export import export
from benchmarks.gateway.grpc_door import GrpcDoor
from benchmarks.gateway.http_door import HttpDoor
from benchmarks.gateway.peer import Peer
from benchmarks.gateway.rounds import agreed, measure
from benchmarks.gateway.side import Side
from benchmarks.gateway.stack import Doors, idle_cores, stack_cpu, text_stack
from benchmarks.text.inputs import Text, inputs
from sluice.cli.tell import say
from sluice.settings import default_models, sluice_home

PARTS: Final = ("doors", "peers")
PEERS: Final = {"llm-guard": "benchmarks.gateway.peer_llm_guard", "nemo-guardrails": "benchmarks.gateway.peer_nemo"}
"""Name -> the module that runs in its environment."""
CHECK: Final = "benchmarks.gateway.check_alone"
SHORT, CHATS = "short prompts", "chat messages"
_HERE = Path(__file__).parent
_THREADS = "1"

Tables = list[tuple[Table, dict[str, float]]]


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.gateway",
        description=package.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    made.add_argument(
        "--peers", nargs="*", choices=list(PEERS), default=list(PEERS), metavar="PEER", help=", ".join(PEERS)
    )
    made.add_argument("--rounds", type=_positive, default=5, help="after one to warm up (5)")
    made.add_argument("--short", type=_positive, default=400, help="short prompts a round and side (400)")
    made.add_argument("--chats", type=_positive, default=100, help="chat messages a round and side, part peers (100)")
    made.add_argument(
        *("--at-once", "-c"), nargs="+", type=_positive, default=[1, 8, 32, 128], help="part doors (1 8 32 128)"
    )
    made.add_argument("--peers-at-once", nargs="+", type=_positive, default=[1, 32], help="part peers (1 32)")
    made.add_argument("--cores", type=_positive, default=_cores(), help="processes of each peer (one a core)")
    made.add_argument(
        "--models", type=Path, default=default_models(sluice_home(os.environ)), help="the model repository"
    )
    made.add_argument(
        "--cache", type=Path, default=Path("out/benchmarks"), help="where the peers' environments are kept"
    )
    return made


def main(arguments: Sequence[str]) -> int:
    """Measures and prints."""
    wanted = parser().parse_args(arguments)
    chosen = wanted.peers if "peers" in wanted.parts else []
    pythons = {
        name: python_with(name, _HERE / f"{name}-requirements.lock", wanted.cache.absolute() / name)
        for name in chosen
    }
    with TemporaryDirectory(prefix="sluice-benchmark-") as scratch:
        folder = export(wanted.models, Path(scratch) / "model") if chosen else Path(scratch)
        with text_stack(Path(scratch) / "home") as at:
            idle = idle_cores()
            say(f"the idle stack takes {idle:.3f} of a core")
            tables = asyncio.run(asked(wanted, at, pythons, folder))
    console = Console(width=160)
    result = {"cores": float(wanted.cores), "idle_cores": round(idle, 3)}
    for table, figures in tables:
        console.print(table)
        result |= figures
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


async def asked(wanted: argparse.Namespace, at: Doors, pythons: Mapping[str, Path], folder: Path) -> Tables:
    """The parts that are wanted, of a running stack."""
    async with stack_sides(at) as both:
        return await measured(wanted, both, pythons, folder)


async def measured(
    wanted: argparse.Namespace, both: tuple[Side, Side], pythons: Mapping[str, Path], folder: Path
) -> Tables:
    """The parts that are wanted. `both`: the gRPC door and the HTTP door; `pythons`: each peer's interpreter;
    `folder`: the exported model. Raises SystemExit where there is nothing to compare."""
    texts = {kind: found for kind, found in inputs(wanted.short, wanted.chats).items() if kind in (SHORT, CHATS)}
    tables: Tables = []
    if "doors" in wanted.parts:
        found = await measure(both, words(texts[SHORT]), wanted.at_once, wanted.rounds, say)
        agreed(found, grpc_door.NAME, http_door.NAME)
        tables.append(doors.report(found, wanted.at_once))
    if "peers" in wanted.parts:
        commands = [(sys.executable, CHECK, str(wanted.models))]
        commands += [(str(python), PEERS[name], str(folder)) for name, python in pythons.items()]
        sides = [both[1]]
        async with AsyncExitStack() as stack:
            for python, module, argument in commands:
                say(f"starting {wanted.cores} of {module}")
                argv = (python, "-m", module, argument, _THREADS)
                sides.append(await stack.enter_async_context(Peer.open(argv, wanted.cores)))
            kinds = {
                kind: await measure(sides, words(those), wanted.peers_at_once, wanted.rounds, say)
                for kind, those in texts.items()
            }
        tables.append(peers.report(kinds, texts, [side.name for side in sides], wanted.peers_at_once))
    return tables


@asynccontextmanager
async def stack_sides(at: Doors) -> AsyncIterator[tuple[Side, Side]]:
    """The gRPC door and the HTTP door of one stack."""
    options = (("grpc.enable_http_proxy", 0),)
    async with grpc.aio.insecure_channel(at.grpc, options=options) as channel:
        yield GrpcDoor(channel, stack_cpu), HttpDoor(at.http, at.key, stack_cpu)


def words(texts: Sequence[Text]) -> Sequence[str]:
    """What is sent."""
    return [text.text for text in texts]


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("should be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
