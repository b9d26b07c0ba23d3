"""`sluice policy explain`: why a request was decided as it was."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sluice.bus.reviews_log import KEPT_DAYS, find_decision
from sluice.cli.dead_letters_find import parse_since
from sluice.cli.policy_file import policy_in_use
from sluice.cli.tell import a_request_id, one_line, plain, put_json, say
from sluice.cli.where import find_kafka
from sluice.contract.json_form import decision_json
from sluice.contract.names import short_name
from sluice.errors import ConfigError, TerminalError
from sluice.policy import words
from sluice.policy.explained import decided_by, sections, times
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.decision_pb2 import Action, Decision


def explain(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST_ID")],
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Default: the policy in use.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="Decided within this long: 30m, 12h, 7d. Looks no further back."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say in plain words why a request was decided as it was, from its recorded decision.

    Exit status: 0 told, 1 there is no such decision, 2 wrong usage.
    """
    wanted, since_ms = a_request_id(request_id), parse_since(since)
    found = find_decision(find_kafka(os.environ, say), wanted, since_ms)
    if found is None:
        raise TerminalError(f"no decision of {wanted}: it is not decided yet, or older than {KEPT_DAYS} days")
    path = policy_in_use(os.environ) if policy is None else policy
    decided_by, about = which_policy(found, path)
    if as_json:
        put_json(explained_json(found, decided_by, about))
    else:
        show(found, decided_by, about)


def which_policy(decision: Decision, path: Path) -> tuple[Policy | None, str]:
    """The policy that decided, where the file is that; and a sentence about which one it was."""
    head = decided_by(decision)
    try:
        policy = load(path)
    except ConfigError as error:
        return None, f"{head}; {path} cannot be read ({error.problems[0]}): rules are told as they were recorded."
    if policy.digest == decision.policy_digest:
        return policy, f"{head}: {path} is the same."
    other = f"version {policy.version}, digest {policy.digest.hex()[:16]}..."
    return None, f"{head}; {path} is another ({other}): rules are told as they were recorded, without their text."


def explained_json(decision: Decision, policy: Policy | None, about: str) -> dict[str, object]:
    """The explanation. Keys may be added, never renamed or taken away."""
    return {
        "request_id": decision.request_id,
        "action": short_name(Action, decision.action),
        "asked": words.asked(decision),
        "conclusion": words.conclusion(decision),
        "reasons": words.fired(decision, policy),
        "missing": words.missing(decision),
        "breakers": words.breakers(decision),
        "labels": list(decision.labels),
        "near_misses": [
            {
                "category": one.category,
                "score": one.score,
                "threshold": one.threshold,
                "check": one.check,
                "content": one.content,
            }
            for one in words.near_misses(decision, policy)
        ],
        "people": words.people(decision),
        "matches": words.listed(decision),
        "policy": about,
        "same_policy": policy is not None,
        "models": words.models(decision),
        "times": times(decision),
        "decision": decision_json(decision, explain=True),
    }


def show(decision: Decision, policy: Policy | None, about: str) -> None:
    """The explanation on a terminal, under heads; a head without anything under it is left out."""
    action = short_name(Action, decision.action) or "not decided"
    put_section(f"{action} {decision.request_id}", words.asked(decision))
    for section in sections(decision, policy, about):
        put_section(section.head, section.lines)


def put_section(head: str, lines: Sequence[str]) -> None:
    """A head and its lines, each of them fit for a terminal; what has several lines cannot pass for a head."""
    if lines:
        sys.stdout.write(f"{one_line(head)}\n")
        for line in lines:
            sys.stdout.write("  " + plain(line).replace("\n", "\n      ") + "\n")
