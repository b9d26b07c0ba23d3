"""Reviews on a terminal and as JSON. Texts of a request only where they were asked for; pictures never."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.bus.reviews_log import Case, age_ms
from sluice.cli.policy_explain import put_section
from sluice.cli.tell import one_line, put_json, show_table
from sluice.contract.json_form import decision_json
from sluice.contract.names import short_name
from sluice.moments import when
from sluice.policy import words
from sluice.policy.explained import why
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import ObjectReference, Role, Stage
from sluice.v1.resolution_pb2 import Resolution, ResolutionOutcome
from sluice.v1.review_pb2 import Review

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def span(milliseconds: int) -> str:
    """How long, in the two largest units that count: "3d 4h", "12m 5s", "40s"."""
    left = milliseconds // 1000
    parts: list[str] = []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        if count or parts or unit == "s":
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])


def case_json(case: Case) -> dict[str, object]:
    """One review. Keys may be added, never renamed or taken away."""
    review, resolved = case.review, case.resolved
    return {
        "request_id": review.request_id,
        "at": when(case.at_ms),
        "age_seconds": age_ms(case) // 1000,
        "tenant": review.tenant or None,
        "stage": short_name(Stage, review.stage),
        "rules": list(review.rules),
        "policy_digest": review.policy_digest.hex(),
        "resolution": None if resolved is None else resolution_json(resolved.resolution),
    }


def resolution_json(resolution: Resolution) -> dict[str, object]:
    """How a review ended."""
    return {
        "outcome": short_name(ResolutionOutcome, resolution.outcome),
        "by": resolution.resolved_by,
        "why": resolution.why,
        "at": when(resolution.resolved_at_ms),
        "new_request_id": resolution.new_request_id or None,
    }


def show_cases(cases: Sequence[Case], everything: bool) -> None:
    """One line each under a head. `everything`: with outcome, who and when."""
    head = ["age", "request id", "tenant", "stage", "rules", *(["outcome", "by", "when"] if everything else [])]
    show_table([head, *(_row(case, everything) for case in cases)])


def _row(case: Case, everything: bool) -> list[str]:
    review = case.review
    stage = (short_name(Stage, review.stage) or "-").lower()
    cells = [
        span(age_ms(case)),
        review.request_id,
        review.tenant or "-",
        stage,
        ", ".join(review.rules) or "-",
    ]
    if not everything:
        return cells
    if case.resolved is None:
        return [*cells, "open", "-", "-"]
    found = case.resolved.resolution
    return [*cells, _outcome(found), found.resolved_by, when(found.resolved_at_ms)]


def shown_json(
    case: Case, decision: Decision | None, released: Decision | None, policy: Policy | None, contents: Contents | None
) -> dict[str, object]:
    """One review whole. `policy`: the one that decided, or None; `contents`: where texts were asked for."""
    form = {
        **case_json(case),
        "references": [_reference(one) for one in case.review.references],
        "decision": None if decision is None else decision_json(decision),
        "reasons": [] if decision is None else why(decision, policy),
        "released_decision": None if released is None else decision_json(released),
    }
    return form if contents is None else {**form, "texts": texts(contents)}


def show_case(
    case: Case, decision: Decision | None, released: Decision | None, policy: Policy | None, contents: Contents | None
) -> None:
    """The same on a terminal, under heads."""
    review = case.review
    put_section(
        f"REVIEW {review.request_id}", [f"It went into review {span(age_ms(case))} ago.", *_asked(review, decision)]
    )
    if decision is None:
        put_section("Why", [f"Rules: {', '.join(review.rules)}. Its decision is not kept any more."])
    else:
        put_section("Why", [*why(decision, policy), *words.labels(decision)])
        put_section("People", words.people(decision))
        put_section("Lists", words.listed(decision))
    put_section("Pictures", [f"{one.uri} ({one.media_type}, {one.size_bytes} bytes)" for one in review.references])
    put_section("Texts", [f"{name}: {text}" for name, text in ({} if contents is None else texts(contents)).items()])
    put_section("Resolution", _ended(case, released))


def put_ascii(form: Mapping[str, object]) -> None:
    """One line of JSON that holds what strangers wrote: nothing in it can steer a terminal."""
    sys.stdout.write(json.dumps(form) + "\n")
    sys.stdout.flush()


def texts(contents: Contents) -> dict[str, str]:
    """Id and role of each text -> the text as it was sent."""
    return {
        f"{one.id} {(short_name(Role, one.role) or '').lower()}": one.text.text
        for one in contents.contents
        if one.WhichOneof("body") == "text"
    }


def tell_resolved(resolution: Resolution, decision: Decision | None, json_lines: bool) -> None:
    """A review that ended, and what the release of it came to where that is known."""
    if json_lines:
        form = {"request_id": resolution.request_id, "resolution": resolution_json(resolution)}
        put_json({**form, "released_decision": None if decision is None else decision_json(decision)})
        return
    sys.stdout.write(f"{_outcome(resolution)} {resolution.request_id} by {one_line(resolution.resolved_by)}\n")
    if decision is not None:
        put_section(_decided(decision), why(decision, None))


def _asked(review: Review, decision: Decision | None) -> list[str]:
    if decision is not None:
        return words.asked(decision)
    stage = (short_name(Stage, review.stage) or "unknown").lower()
    return [f"Stage {stage}, tenant {review.tenant}." if review.tenant else f"Stage {stage}, no tenant."]


def _ended(case: Case, released: Decision | None) -> list[str]:
    if case.resolved is None:
        return ["Open: `sluice reviews resolve` ends it."]
    found = case.resolved.resolution
    lines = [f"{_outcome(found)} by {found.resolved_by} at {when(found.resolved_at_ms)}.", f"Why: {found.why}"]
    if found.new_request_id:
        lines.append(_decided(released) if released is not None else f"{found.new_request_id} is not decided yet.")
    return lines


def _decided(decision: Decision) -> str:
    return f"{short_name(Action, decision.action)} {decision.request_id}, under which it was decided once more"


def _outcome(resolution: Resolution) -> str:
    return short_name(ResolutionOutcome, resolution.outcome) or "-"


def _reference(one: ObjectReference) -> dict[str, object]:
    return {
        "uri": one.uri,
        "sha256": one.sha256.hex(),
        "size_bytes": one.size_bytes,
        "media_type": one.media_type,
    }
