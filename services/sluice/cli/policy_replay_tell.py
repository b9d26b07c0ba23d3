"""What a replay found, for people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from rich.console import Console
from rich.table import Table

from sluice.cli.tell import plain
from sluice.policy.gates import Gate, figure
from sluice.policy.model import Policy
from sluice.policy.tally import GROUPS, Move, Tally, by_kind, flipped
from sluice.shares import Share, mcnemar

_TOP = 10


def tell_replay(console: Console, candidate: Policy, tally: Tally, gates: Sequence[Gate]) -> None:
    """Tables and lines."""
    console.print(
        f"policy {candidate.version}, digest {candidate.digest.hex()[:16]}, on {tally.decisions:,} decisions"
    )
    for line in _about(tally):
        console.print(line, soft_wrap=True)
    console.print(f"{tally.flips:,} flips of {tally.judged:,} judged ({_percent(tally.flips, tally.judged)})")
    tables = [
        _moves(tally),
        _rules(tally),
        *(_groups(tally, name) for name in GROUPS),
        _labels(tally),
        _gates(tally, gates),
    ]
    for table in tables:
        if table.row_count:
            console.print(table)


def _about(tally: Tally) -> Iterator[str]:
    compared = tally.exact + tally.inexact
    if tally.inexact:
        ids = plain(", ".join(tally.inexact_ids))
        yield f"replay is NOT exact: {tally.inexact:,} of {compared:,} differ from what was recorded: {ids}"
    elif compared:
        yield f"replay is exact: {tally.exact:,} of {compared:,}"
    if tally.unjudged:
        checks = ", ".join(f"{check} ({count:,})" for check, count in tally.unknown.most_common())
        yield f"{tally.unjudged:,} not judged: their records hold no answer of {checks}"


def _moves(tally: Tally) -> Table:
    table = _table("Flips", "recorded", "candidate", ">decisions", ">share", "such as")
    for move, count in tally.moves.most_common():
        if move.flips:
            ids = plain("\n".join(tally.examples.get(move, ())))
            table.add_row(move.before, move.after, f"{count:,}", _percent(count, tally.judged), ids)
    return table


def _rules(tally: Tally) -> Table:
    table = _table("Rules that fire elsewhere", "rule", ">newly fires", ">no longer fires", ">fires now")
    changed = {rule: tally.new[rule] + tally.gone[rule] for rule in (*tally.new, *tally.gone)}
    for rule in sorted(changed, key=lambda rule: (-changed[rule], rule)):
        table.add_row(rule, f"{tally.new[rule]:,}", f"{tally.gone[rule]:,}", f"{tally.fires[rule]:,}")
    return table


def _groups(tally: Tally, name: str) -> Table:
    rows = tally.flips_of(name)
    told = [(value, moves) for value, moves in rows if flipped(moves)][:_TOP]
    if name == "category":
        table = _table("Flips by category", name, ">flips", "kinds")
        for value, moves in told:
            table.add_row(plain(value), f"{flipped(moves):,}", _kinds(moves))
        return table
    table = _table(
        f"Flips by {name.replace('_', ' ')}", name.replace("_", " "), ">decisions", ">flips", ">share", "kinds"
    )
    for value, moves in told:
        share = _percent(flipped(moves), moves.total())
        table.add_row(plain(value), f"{moves.total():,}", f"{flipped(moves):,}", share, _kinds(moves))
    return table


def _kinds(moves: Counter[Move]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in by_kind(moves).items())


def _labels(tally: Tally) -> Table:
    columns = ("labelled", "metric", ">N", ">recorded", "95 %", ">candidate", "95 %", ">better", ">worse", ">p")
    table = _table("Labelled requests", *columns)
    for group in sorted(tally.marks):
        for metric, unsafe in (("not_unsafe", True), ("not_overrefuse", False)):
            paired = tally.paired(unsafe, group)
            if paired.after.n:
                p = mcnemar(paired.worse, paired.better)
                cells = (
                    *_share(paired.before),
                    *_share(paired.after),
                    str(paired.better),
                    str(paired.worse),
                    f"{p:.3g}",
                )
                table.add_row(plain(group) or "all", metric, str(paired.after.n), *cells)
    if tally.unjudged_labels:
        table.caption = f"{tally.unjudged_labels:,} labelled requests were not judged and are in no figure"
    return table


def _gates(tally: Tally, gates: Sequence[Gate]) -> Table:
    table = _table("Gates", "fails if", ">found", "")
    for gate in gates:
        found = figure(gate, tally)
        table.add_row(
            gate.text,
            "nothing measured" if found is None else _number(found, gate),
            "FAILED" if gate.failed(found) else "ok",
        )
    return table


def _number(found: float, gate: Gate) -> str:
    if gate.labels:
        return f"{found:.4f}"
    return f"{found:.3%}" if gate.share else f"{found:,.0f}"


def _share(share: Share) -> tuple[str, str]:
    low, high = share.interval()
    return f"{share.value or 0.0:.3f}", f"{low:.3f} to {high:.3f}"


def _percent(count: int, of: int) -> str:
    return f"{count / of:.2%}" if of else "-"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in columns:
        # A narrow terminal breaks a cell in two; it never takes a figure away.
        justify: Literal["left", "right"] = "right" if name.startswith(">") else "left"
        table.add_column(name.removeprefix(">"), justify=justify, overflow="fold")
    return table
