"""Text moderation end to end beside other guards: the arithmetic and the table."""

import re
from collections.abc import Mapping, Sequence

from rich.table import Table

from benchmarks.gateway import http_door
from benchmarks.gateway.drive import Drive
from benchmarks.gateway.rounds import Found, answers
from benchmarks.images.measure import median, ratio
from benchmarks.text.inputs import Text

_COLUMNS = (
    *("texts", "at a time", "side", "texts/s", "ours = 1", "p50 ms", "p99 ms", "CPU ms", "ours = 1"),
    *("caught", "kept"),
)


def figures(one: Sequence[Drive], ours: Sequence[Drive]) -> dict[str, float]:
    """Medians over the rounds; ratios are medians of the rounds' ratios."""
    return {
        "per_second": median([each.per_second for each in one]),
        "per_second_over_ours": ratio([each.per_second for each in one], [each.per_second for each in ours]),
        "p50_ms": median([each.p50 for each in one]),
        "p99_ms": median([each.p99 for each in one]),
        "cpu_ms": median([each.cpu_ms for each in one]),
        "cpu_over_ours": ratio([each.cpu_ms for each in one], [each.cpu_ms for each in ours]),
    }


def judged(flagged: Sequence[bool], texts: Sequence[Text]) -> dict[str, float]:
    """`caught`: the share of the unsafe texts that are flagged; `kept`: of the harmless that are not. Neither where
    there are none."""
    found = {}
    for name, unsafe in (("caught", True), ("kept", False)):
        right = [said is unsafe for said, text in zip(flagged, texts, strict=True) if text.unsafe is unsafe]
        if right:
            found[name] = sum(right) / len(right)
    return found


def key(side: str) -> str:
    """A side's name, without version, in the figures."""
    return "_".join(re.findall(r"[a-z]+", side.lower()))


def report(
    found: Mapping[str, Found], texts: Mapping[str, Sequence[Text]], sides: Sequence[str], at_once: Sequence[int]
) -> tuple[Table, dict[str, float]]:
    """The table, and the figures by name: `peers_<first word of the kind>_<how many at a time>_<side>_<figure>`."""
    table = Table(title="Text moderation end to end, the same cores, medians")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in {"texts", "side"} else "right")
    result: dict[str, float] = {}
    for kind, drives in found.items():
        for many in at_once:
            for side in sides:
                one = figures(drives[side, many], drives[http_door.NAME, many])
                said = judged(answers(drives, side), texts[kind])
                shown = zip(one.values(), (1, 2, 1, 1, 2, 2), strict=True)
                shares = (f"{said[name]:.3f}" if name in said else "" for name in ("caught", "kept"))
                table.add_row(kind, str(many), side, *(f"{value:,.{digits}f}" for value, digits in shown), *shares)
                prefix = f"peers_{kind.split()[0]}_{many}_{key(side)}"
                result |= {f"{prefix}_{name}": round(value, 3) for name, value in (one | said).items()}
    return table, result
