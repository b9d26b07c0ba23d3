"""python -m benchmarks.hashes: every known hash within 31 bits, by ours, by faiss and by comparing with each one.

Random hashes of 256 bits in one process, one thread, side after side in every round. faiss's MultiHash is made as
python-threatexchange makes it. Times are CPU time of the thread. faiss MultiHash takes 280 bytes of memory a hash:
leave it out where that is too much. With --service, the whole service instead: the hash matcher as a process, asked
over gRPC while its lists change. The last line is one JSON object.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import faiss
from rich.console import Console
from rich.table import Table

from benchmarks.hashes import service
from benchmarks.hashes.exact import exact_ns
from benchmarks.hashes.inputs import ROOT, Inputs
from benchmarks.hashes.measure import BATCH, BATCHES, Measured, measure, open_ms, ratio, recall
from benchmarks.hashes.sides import BRUTE, COPIED, FLAT, MULTI_HASH, OURS, Made, make_flat, make_multi_hash, make_ours
from sluice.cli.tell import say
from sluice.hashes.snapshot import Snapshot

_KEYS = {
    OURS: "ours",
    COPIED: "ours_in_memory",
    MULTI_HASH: "faiss_multihash",
    FLAT: "faiss_flat",
    BRUTE: "brute_force",
}
_CHECKED = {OURS: BATCH * BATCHES[OURS], COPIED: BATCH * BATCHES[OURS], MULTI_HASH: BATCH, FLAT: BATCH}
"""Queries whose answers are compared with those of comparing with every hash."""


def main(arguments: Sequence[str]) -> int:
    """Builds, measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hashes", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="hashes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="for building")
    parser.add_argument("--without", action="append", default=[], choices=["multihash", "flat", "exact", "copied"])
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "benchmarks", help="where the file is built")
    parser.add_argument("--service", action="store_true", help="lookups over gRPC")
    parser.add_argument("--stream", action="store_true", help="with --service: on streams, not call by call")
    usual = service.Plan()
    parser.add_argument("--connections", type=int, default=usual.connections, help="with --service")
    parser.add_argument("--at-once", type=int, default=usual.at_once, help="lookups under way on each of them")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of each phase, at least")
    wanted = parser.parse_args(arguments)
    faiss.omp_set_num_threads(1)
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        inputs = Inputs(wanted.size)
        if wanted.service:
            plan = service.Plan(
                wanted.connections, wanted.at_once, usual.drivers, wanted.seconds, wanted.threads, wanted.stream
            )
            result = service.run(inputs, Path(folder), plan)
        else:
            result = _run(inputs, Path(folder), wanted.rounds, wanted.threads, wanted.without)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


def _run(inputs: Inputs, folder: Path, rounds: int, threads: int, without: Sequence[str]) -> Mapping[str, object]:
    path = folder / "hashes"
    say(f"building a file of {inputs.size:,} hashes")
    made = make_ours(inputs, path, threads, "copied" not in without)
    snapshot = Snapshot.open(path)
    stats = snapshot.stats()
    clock, cpu = open_ms(path)
    result: dict[str, object] = {
        "size": inputs.size,
        "engine": snapshot.engine,
        "build_cpu_s": round(made[OURS].cpu_seconds, 2),
        "open_ms": round(clock, 3),
        "open_cpu_ms": round(cpu, 3),
        "bytes_per_hash": round(stats.bytes_per_hash, 2),
        "metadata_bytes_per_entry": round(stats.metadata_bytes / stats.entries, 2),
    }
    if "multihash" not in without:
        say("filling faiss MultiHash")
        made[MULTI_HASH] = make_multi_hash(inputs)
    if "flat" not in without:
        say("filling faiss Flat")
        made[FLAT] = make_flat(inputs)
    queries = inputs.queries(_CHECKED[OURS])
    say("comparing every query with every hash")
    truth = made[BRUTE].side.pairs(queries)
    recalls = {
        name: recall(made[name].side, truth, queries[:count]) for name, count in _CHECKED.items() if name in made
    }
    found = measure({name: one.side for name, one in made.items()}, queries, rounds)
    result["pairs"] = len(truth)
    result["recall"], result["made_up"] = recalls[OURS]
    for name, one in found.items():
        key = _KEYS[name]
        result[f"{key}_us"] = round(one.usual, 2)
        result[f"{key}_alone_us"] = round(one.alone_at(50), 2)
        result[f"{key}_alone_p99_us"] = round(one.alone_at(99), 2)
        if name not in {OURS, COPIED}:
            result[f"ratio_vs_{key}"] = round(ratio(one, found[OURS]), 1)
    for name in (MULTI_HASH, FLAT):
        if name in made:
            result[f"{_KEYS[name]}_build_cpu_s"] = round(made[name].cpu_seconds, 2)
            result[f"{_KEYS[name]}_bytes_per_hash"] = round(made[name].bytes_per_hash, 1)
    if "exact" not in without:
        say("exact digests")
        alone, batched = exact_ns(inputs, folder / "exact")
        result |= {"exact_ns": round(alone), "exact_batched_ns": round(batched)}
    _report(made, found, recalls)
    return result


def _report(
    made: Mapping[str, Made], found: Mapping[str, Measured], recalls: Mapping[str, tuple[float, int]]
) -> None:
    table = Table(title=f"Within 31 bits, one thread: CPU us per query in batches of {BATCH} and alone, medians")
    for name in ("side", "in batches", "alone", "alone p99", "ours = 1", "recall", "bytes a hash", "build CPU s"):
        table.add_column(name, justify="left" if name == "side" else "right")
    for name, one in sorted(found.items(), key=lambda pair: pair[1].usual):
        share = f"{recalls[name][0]:.4f}" if name in recalls else ""
        times = (
            f"{value:,.1f}" for value in (one.usual, one.alone_at(50), one.alone_at(99), ratio(one, found[OURS]))
        )
        cost = (
            f"{made[name].bytes_per_hash:,.1f}",
            f"{made[name].cpu_seconds:.1f}" if made[name].cpu_seconds else "",
        )
        table.add_row(name, *times, share, *cost)
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
