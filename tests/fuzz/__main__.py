"""`python -m tests.fuzz`: broken pictures through ingest's decoders, and a count of what became of them.

The last line is one JSON object. Exit status 1 where a child was lost or an exception was raised that nobody foresaw.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
from pathlib import Path

from tests.fuzz.campaign import SETTINGS, Inputs, run
from tests.fuzz.tally import Tally


def main() -> int:
    """Runs a campaign or one input of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument("--start", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decoders", type=int, default=2, help="decoder children")
    parser.add_argument("--only", type=int, help="this input alone: says what was done to it and what became of it")
    parser.add_argument("--save", type=Path, help="with --only: where to write its bytes")
    options = parser.parse_args()
    inputs = Inputs.of(options.seed)
    if options.only is not None:
        return _one(inputs, options.only, options.save)

    def progress(tally: Tally, seconds: float) -> None:
        done = tally.total.total()
        print(f"{done:>9,} inputs  {done / seconds:5.1f}/s  {dict(tally.total.most_common(6))}", flush=True)

    settings = dataclasses.replace(SETTINGS, decoders=options.decoders)
    result = asyncio.run(run(inputs, options.start, options.inputs, settings, progress))
    tally = result.tally
    print(tally.table())
    summary = {
        "seed": options.seed,
        "start": options.start,
        "seconds": round(result.seconds, 1),
        "inputs_per_second": round(options.inputs / result.seconds, 1),
        "decoders": options.decoders,
        "children_lost": result.restarts,
        "children_left": result.left,
        **tally.as_json(),
    }
    print(json.dumps(summary))
    return 1 if result.restarts or result.left or tally.total["unforeseen"] or tally.total["child lost"] else 0


def _one(inputs: Inputs, number: int, save: Path | None) -> int:
    form, done, data = inputs.make(number)
    if save is not None:
        save.write_bytes(data)
    result = asyncio.run(run(inputs, number, 1))
    word = next(iter(result.tally.total))
    print(json.dumps({"input": number, "format": form, "done": done, "bytes": len(data), "outcome": word}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
