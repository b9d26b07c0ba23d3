"""python -m benchmarks.provenance: which changes our own pictures outlive, and what is mistaken for them.

Every picture is changed, asked of an index of all of them, and compared with what the index says; its copy with a
watermark is changed in the same way and read. Then pictures of one prompt with other details, and pictures of other
prompts, are asked for. With --index N, also what an index of N random records costs. The last line is a JSON object.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.provenance.changes import CHANGES
from benchmarks.provenance.duplicates import families, strangers
from benchmarks.provenance.pictures import SCENES, originals
from benchmarks.provenance.survival import KEY, known, psnr, survival
from provenance.fingerprint import VARIANTS
from provenance.index import FingerprintIndex
from provenance.watermark import STRENGTH, Watermark
from sluice.cli.tell import say


def main(arguments: Sequence[str]) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provenance", description=__doc__)
    parser.add_argument("--scenes", type=int, default=SCENES, help="generated originals")
    parser.add_argument("--prompts", type=int, default=12, help="families of near-duplicates; 0: none")
    parser.add_argument("--seeds", type=int, default=2, help="pictures of each besides the first")
    parser.add_argument("--every", type=int, default=1, help="change only every so manyth picture")
    parser.add_argument("--only", action="append", default=[], choices=list(CHANGES))
    parser.add_argument("--index", type=int, default=0, help="records of a large index")
    wanted = parser.parse_args(arguments)
    result: dict[str, object] = {}
    if wanted.index:
        result["index"] = _large(wanted.index)
    watermark = Watermark(KEY, STRENGTH)
    everything = known(originals(wanted.scenes), watermark)
    if wanted.prompts:
        result["near_duplicates"] = _duplicates(wanted.prompts, wanted.seeds)
        result["strangers"] = strangers(everything, 2 * wanted.prompts)
        say(json.dumps(result))
    result["watermark_psnr"] = _noise([psnr(one.rgb, one.marked) for one in everything])
    usable = [one for one in everything if one.kept.hashes]
    result["pictures"], result["without_fingerprint"] = len(everything), len(everything) - len(usable)
    index = FingerprintIndex()
    try:
        for one in usable:
            index.add(one.number, one.kept.hashes)
        table = Table(title=f"{len(usable[:: wanted.every])} of {len(usable)} pictures: found again")
        for name in ("change", "verified", "candidate", "lost", "whole PDQ", "nearest PDQ", "watermark", "either"):
            table.add_column(name, justify="left" if name == "change" else "right")
        changes: dict[str, object] = {}
        for name in wanted.only or CHANGES:
            what = survival(CHANGES[name], usable[:: wanted.every], index, watermark)
            changes[name] = form = what.form()
            say(f"{name}: {json.dumps(form)}")
            lost = len(what.whole) - what.by["verified"] - what.by["candidate"]
            whole = f"{form['whole_median']:.0f} / {form['whole_max']}"
            nearest = f"{form['nearest_median']:.0f} / {form['nearest_max']}"
            cells = (what.by["verified"], what.by["candidate"], lost, whole, nearest, what.marked, what.by["either"])
            table.add_row(name, *map(str, cells))
    finally:
        index.close()
    Console(width=120).print(table)
    sys.stdout.write(json.dumps({**result, "changes": changes}, ensure_ascii=False) + "\n")
    return 0


def _duplicates(prompts: int, seeds: int) -> dict[str, object]:
    found = families(prompts, seeds)
    table = Table(title="Other pictures of the same prompt")
    for name in (
        "details that differ",
        "pairs",
        "whole within 31",
        "candidates",
        "taken for a copy",
        "least differing",
    ):
        table.add_column(name, justify="right")
    for loose, one in found.items():
        cells = (one.pairs, one.whole, one.candidates, one.verified, f"{one.least:.3f}")
        table.add_row(f"{loose:.0%}", *map(str, cells))
    Console(width=120).print(table)
    return {str(loose): one.form() for loose, one in found.items()}


def _noise(decibels: Sequence[float]) -> dict[str, float]:
    return {"mean": round(statistics.mean(decibels), 1), "least": round(min(decibels), 1)}


def _large(records: int) -> dict[str, object]:
    """Random records: what they take, and what a look-up of some hundreds of hashes costs."""
    source = np.random.default_rng(1)
    index = FingerprintIndex()
    try:
        start = time.monotonic()
        cpu = time.process_time()
        for number in range(1, records + 1):
            values = source.bytes(32 * len(VARIANTS))
            index.add(number, [values[at : at + 32] for at in range(0, len(values), 32)])
        index.settle()
        built, spent = time.monotonic() - start, time.process_time() - cpu
        asked = [source.bytes(32) for _ in range(300)]
        took = []
        for _ in range(5):
            begun = time.thread_time()
            index.find(asked)
            took.append(1000 * (time.thread_time() - begun))
        return {
            "records": records,
            "hashes": len(index),
            "bytes_per_record": round(index.state_bytes / records, 1),
            "filled_s": round(built, 1),
            "filled_cpu_s": round(spent, 1),
            "find_300_hashes_cpu_ms": round(statistics.median(took), 2),
        }
    finally:
        index.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
