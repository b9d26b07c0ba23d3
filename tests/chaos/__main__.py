"""`python -m tests.chaos`: one run, its tables, and as the last line one JSON object."""

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from sluice.errors import SluiceError
from sluice.local.interrupts import interruptible
from tests.chaos.report import fault_table, judgement_table, last_line
from tests.chaos.run import Run, Wish


def read(words: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Runs the whole pipeline on real brokers with real models while services and brokers are killed, "
        "stopped and restarted at random, then reads the topics and checks that every request got exactly one "
        "decision, the right one. Exit status: 0 all is well, 1 something is wrong, 2 it could not run.",
    )
    parser.add_argument("--seed", type=int, default=1, help="what the traffic and the faults are drawn from (1)")
    parser.add_argument("--requests", type=int, default=20_000, metavar="N", help="request ids (20000)")
    parser.add_argument("--pictures", type=int, metavar="N", help="of them with a picture (1.5 %%, at least 16)")
    parser.add_argument("--faults", type=int, default=110, metavar="N", help="how many (110)")
    parser.add_argument("--brokers", type=int, default=3, metavar="N", help="1, or 3 with replication (3)")
    parser.add_argument("--minutes", type=float, default=12, metavar="M", help="to spread the faults over (12)")
    parser.add_argument("--most-minutes", type=float, default=60, metavar="M", help="to give up after (60)")
    parser.add_argument("--keep", action="store_true", help="keep logs and data also where all is well")
    return parser.parse_args(words)


def say(line: str) -> None:
    """To people, at once."""
    print(line, flush=True)


def main(words: list[str] | None = None) -> int:
    """One run; the exit status."""
    asked = read(words)
    pictures = asked.pictures if asked.pictures is not None else max(16, asked.requests * 15 // 1000)
    wish = Wish(
        seed=asked.seed,
        requests=asked.requests,
        pictures=min(pictures, asked.requests),
        faults=asked.faults,
        brokers=asked.brokers,
        minutes=asked.minutes,
        most_minutes=asked.most_minutes,
    )
    home = Path(mkdtemp(prefix="sluice-chaos-"))
    say(f"seed {wish.seed}: {wish.requests} requests, {wish.faults} faults, {wish.brokers} broker(s); in {home}")
    try:
        with interruptible():
            result = Run(wish, home, say)()
    except (SluiceError, KeyboardInterrupt) as error:
        say(f"{type(error).__name__}: {error}; logs and data: {home}")
        return 2
    say("")
    say(fault_table(result.outcomes))
    say("")
    say(judgement_table(result.judgement, result.figures))
    if result.good and not asked.keep:
        shutil.rmtree(home, ignore_errors=True)
    else:
        say(f"logs and data: {home}")
    say(last_line(result.judgement, result.figures, result.outcomes))
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
