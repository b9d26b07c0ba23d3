"""`sluice repair`: find transactions that nobody will ever end, and end those that are ours."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Final

import typer

from sluice.bus.hanging import Finding, Watch
from sluice.bus.hanging_end import end_as
from sluice.bus.hanging_look import CALL_SECONDS, Looker
from sluice.bus.hanging_owners import Slot, find_slots, likely_first, writers
from sluice.cli.repair_tell import advice, tell
from sluice.cli.tell import refuse, say, wants_json
from sluice.cli.where import find_kafka
from sluice.settings import KafkaSettings

FOUND: Final = 1
"""Exit status where something hangs, or still does."""

_LOOK_EVERY_SECONDS = 0.5
_SILENT_SECONDS = 2.0
_ROUNDS = 5
"""Behind a transaction that was ended there may be another one."""


def repair(check: bool, as_json: bool, instances: Sequence[str], yes: bool, patience: float) -> int:
    """Looks, and unless `check` ends what hangs and is ours. 0: nothing hangs (any more)."""
    kafka = find_kafka(os.environ, say)
    with Looker(kafka) as looker:
        return _repair(kafka, looker, check, wants_json(as_json), instances, yes, patience)


def _repair(
    kafka: KafkaSettings,
    looker: Looker,
    check: bool,
    json_lines: bool,
    instances: Sequence[str],
    yes: bool,
    patience: float,
) -> int:
    found = watch(looker, patience)
    tell(found, "hangs", json_lines)
    if not found:
        say("no transaction hangs")
        return 0
    ours = [finding for finding in found if writers(finding.place)]
    if check:
        if ours:
            say("`sluice repair` ends what sluice writes")
        left = [finding for finding in found if finding not in ours]
    elif ours:
        left = _end(kafka, looker, found, instances, yes, patience)
        still = {finding.place for finding in left}
        tell(left, "still hangs", json_lines)
        for finding in found:
            if finding.place not in still:
                say(f"{finding.place} is free")
    else:
        left = found
    for line in advice(kafka.bootstrap, left):
        say(line)
    return FOUND if check or left else 0


def watch(looker: Looker, patience: float) -> list[Finding]:
    """What has stood still for as long as the patience lasts; returns as soon as nothing is in doubt."""
    seen = Watch(patience)
    began, told = time.monotonic(), False
    while True:
        seen.see(time.monotonic(), looker.look())
        if not seen.undecided():
            return seen.findings()
        if not told and time.monotonic() - began > _SILENT_SECONDS:
            say(f"an open transaction holds something up; {patience:g} s will tell whether it hangs")
            told = True
        time.sleep(_LOOK_EVERY_SECONDS)


def _end(
    kafka: KafkaSettings, looker: Looker, found: list[Finding], instances: Sequence[str], yes: bool, patience: float
) -> list[Finding]:
    """Ends what it can; what is left."""
    asked = yes
    for _ in range(_ROUNDS):
        places = [finding.place for finding in found if writers(finding.place)]
        if not places:
            break
        groups = sorted({group for place in places for group in writers(place)})
        slots = likely_first(find_slots(kafka, groups, instances, CALL_SECONDS), places)
        if not asked:
            _ask(slots)
            asked = True
        before = {finding.place: finding.state for finding in found}
        for slot in slots:
            end_as(kafka, looker, slot, before, say)
        found = watch(looker, patience)
        if all(finding.place in before and finding.state.stands_at(before[finding.place]) for finding in found):
            break
    return found


def _ask(slots: Sequence[Slot]) -> None:
    names = ", ".join(slot.transactional_id for slot in slots)
    say(f"to be aborted under these transactional ids, one after the other until nothing hangs: {names}")
    say("a process that uses such an id is thrown out: it ends, and goes on once it is started again")
    if not sys.stdin.isatty():
        refuse("nobody sits at a terminal to agree to that; --yes does it without asking")
    typer.confirm("Go on?", abort=True, err=True)
