"""`sluice reviews list | show | resolve`."""

import asyncio
import os

import typer

from sluice.bus.find import finder
from sluice.bus.reviews_log import decision_after, kept_contents, read_cases
from sluice.cli.dead_letters_find import parse_since
from sluice.cli.policy_explain import which_policy
from sluice.cli.policy_file import policy_in_use
from sluice.cli.reviews_resolve import resolve as resolve_review
from sluice.cli.reviews_resolve import the_case
from sluice.cli.reviews_tell import case_json, put_ascii, show_case, show_cases, shown_json
from sluice.cli.tell import a_request_id, put_json, say, wants_json
from sluice.cli.where import find_kafka

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Requests that a person should look at, and what became of them. docs/operations.md has more.",
)
app.command("resolve")(resolve_review)

_JSON = typer.Option(False, "--json", help="JSON lines, also on a terminal.")


@app.command("list")
def list_reviews(
    everything: bool = typer.Option(False, "--all", help="Resolved ones too, with outcome, who and when."),
    tenant: str | None = typer.Option(None, help="Of this tenant."),
    rule: str | None = typer.Option(None, metavar="ID", help="That this rule asked for."),
    since: str | None = typer.Option(None, metavar="SPAN", help="In review for at most this long: 30m, 12h, 7d."),
    limit: int = typer.Option(50, min=1, help="At most this many."),
    as_json: bool = _JSON,
) -> None:
    """Open reviews, the oldest first: age, request id, tenant, stage, rules. Never content."""
    since_ms = parse_since(since)
    found = [
        case
        for case in read_cases(find_kafka(os.environ, say), since_ms)
        if (everything or case.resolved is None)
        and tenant in {None, case.review.tenant}
        and (rule is None or rule in case.review.rules)
    ]
    if wants_json(as_json):
        for case in found[:limit]:
            put_json(case_json(case))
    elif found:
        show_cases(found[:limit], everything)
    if len(found) > limit:
        say(f"{len(found) - limit} newer ones are left out: --limit")
    elif not found:
        say("no such reviews" if everything else "no such open reviews")


@app.command("show")
def show(
    request_id: str = typer.Argument(metavar="REQUEST_ID"),
    content: bool = typer.Option(False, "--content", help="Print the texts too; they are kept for a day."),
    as_json: bool = _JSON,
) -> None:
    """One review: why it is one, what it is about, how it ended. Pictures by reference alone."""
    wanted = a_request_id(request_id)
    kafka = find_kafka(os.environ, say)
    case = the_case(kafka, wanted)
    decision = decision_after(kafka, wanted, case.review.requested_at_ms)
    resolved = case.resolved
    released = None
    if resolved is not None and resolved.resolution.new_request_id:
        released = decision_after(kafka, resolved.resolution.new_request_id, resolved.at_ms)
    policy = None if decision is None else which_policy(decision, policy_in_use(os.environ))[0]
    contents = asyncio.run(kept_contents(case, finder(kafka))) if content else None
    if content and contents is None:
        say("its texts are gone: contents are kept for a day")
    if wants_json(as_json):
        put_ascii(shown_json(case, decision, released, policy, contents))
    else:
        show_case(case, decision, released, policy, contents)
