"""What hangs, in words, and what to do about what cannot be ended by us."""

import sys
from collections.abc import Sequence

from sluice.bus.hanging import Finding, GroupOffset, LogEnd
from sluice.bus.hanging_owners import writers
from sluice.cli.tell import put_json


def tell(findings: Sequence[Finding], how: str, json_lines: bool) -> None:
    """Each finding as a line for people or for programs, on standard output. `how`: "hangs", "still hangs"."""
    for finding in findings:
        if json_lines:
            put_json(_form(finding, how))
        else:
            sys.stdout.write(_line(finding, how) + "\n")


def advice(bootstrap: str, left: Sequence[Finding]) -> list[str]:
    """Commands for what `sluice repair` cannot end: who writes in transactions there is not one of ours."""
    lines: list[str] = []
    tool = f"kafka-transactions.sh --bootstrap-server {bootstrap}"
    for finding in left:
        place = finding.place
        if isinstance(place, GroupOffset):
            lines.append(f"{place}: name the replica that wrote it: sluice repair --instance SLUICE_INSTANCE")
            continue
        at = f"--topic {place.topic} --partition {place.partition}"
        whose = "not of a replica known here" if writers(place) else "not ours"
        lines += [
            f"{place}: the transaction is {whose}; unless it hangs, the broker ends it at its timeout. Does it hang?",
            f"  {tool} find-hanging {at} --max-transaction-timeout 1",
            "and only if that lists it:",
            f"  {tool} abort {at} --start-offset {finding.state.offset}",
        ]
    return lines


def _line(finding: Finding, how: str) -> str:
    place, state = finding.place, finding.state
    still = f"unmoved for {finding.seconds:.0f} s"
    if isinstance(place, GroupOffset):
        return f"{place} {how}: not stable, {still}"
    whose = " or ".join(writers(place)) or "a producer that is not ours"
    return f"{place} {how}: {state.behind} from offset {state.offset} cannot be read, {still}; written by {whose}"


def _form(finding: Finding, how: str) -> dict[str, object]:
    place, state = finding.place, finding.state
    return {
        "state": how,
        "group": place.group if isinstance(place, GroupOffset) else None,
        "topic": place.topic,
        "partition": place.partition,
        "offset": state.offset,
        "behind": state.behind if isinstance(place, LogEnd) else None,
        "seconds": round(finding.seconds, 1),
        "writers": list(writers(place)),
    }
