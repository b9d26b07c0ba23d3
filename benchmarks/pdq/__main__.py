"""python -m benchmarks.pdq: PDQ by the extension and by pdqhash; or, with --survival, what a hash survives.

First both hash thousands of generated pictures of many sizes: hash, eight variants and quality must be the same, by
each set of instructions that the processor has. Then both are timed on one thread. The last line is one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.pdq.pictures import pictures
from benchmarks.pdq.speed import SIDES, differing, timed
from benchmarks.pdq.survival import CHANGES, Survival, generated, photographed, survival, usable
from sluice.cli.tell import say
from sluice.pdq_engines import ReferencePdq, native_engines


def main(arguments: Sequence[str]) -> int:
    """Measures and prints. 1 where the extension is missing or differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pdq", description=__doc__)
    parser.add_argument("--pictures", type=int, default=3000, help="compared")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=25, help="timed")
    parser.add_argument("--survival", action="store_true", help="what changes of a picture do to its hash, instead")
    wanted = parser.parse_args(arguments)
    if wanted.survival:
        _write(_survival())
        return 0
    engines = native_engines()
    if not engines:
        sys.stderr.write("the extension is not built here: there is nothing to compare with pdqhash\n")
        return 1
    say(f"comparing {wanted.pictures:,} pictures")
    reference = ReferencePdq()
    seen, wrong = differing(pictures(wanted.pictures, wanted.seed), reference, engines)
    result: dict[str, object] = {"pictures": seen, "different": wrong, "identical": wrong == 0}
    table = Table(title="PDQ of a square picture, one thread: CPU ms, medians")
    for name in ("pixels", "pdqhash", "ours", "ratio", "pdqhash, eight variants", "ours, eight"):
        table.add_column(name, justify="right")
    for side in SIDES:
        one = timed(side, reference, engines[-1], wanted.rounds)
        numbers = (one.reference, one.ours, one.ratio, one.reference_variants, one.ours_variants)
        table.add_row(f"{side} x {side}", *(f"{number:,.2f}" for number in numbers))
        result |= {
            f"ratio_{side}": round(one.ratio, 2),
            f"ours_ms_{side}": round(one.ours, 3),
            f"pdqhash_ms_{side}": round(one.reference, 3),
        }
    Console(width=120).print(table)
    _write(result)
    return 0 if wrong == 0 else 1


def _survival() -> Mapping[str, object]:
    sets = {"generated": usable(generated()), "scikit_image": usable(photographed())}
    table = Table(title="Bits between the hash of a picture and that of the changed one: median / most, within 31")
    table.add_column("change")
    for name, found in sets.items():
        table.add_column(f"{name.replace('_', '-')} ({len(found)})", justify="right")
    result: dict[str, object] = {}
    for change in CHANGES:
        row = {name: survival(change, found) for name, found in sets.items()}
        table.add_row(change, *map(_cell, row.values()))
        result[change] = {name: [one.median, one.most, one.within, one.pictures] for name, one in row.items()}
    Console(width=120).print(table)
    return result


def _cell(one: Survival) -> str:
    return f"{one.median:.0f} / {one.most}, {100 * one.within / one.pictures:.0f} %"


def _write(result: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
