"""`sluice incidents list | show | confirm | release | report | filed | schema`: what a person does about matches."""

from typing import Annotated

import typer

from sluice.cli.incidents_ask import LONGEST_WHO, LONGEST_WHY, Address, Json, a_line, answer, asking
from sluice.cli.incidents_form import form
from sluice.cli.incidents_list import appealed, of_states, waiting
from sluice.cli.incidents_tell import lines, table, what_follows
from sluice.cli.outside import run_outside
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.contract.names import number_of, short_names
from sluice.v1.reporter_pb2 import (
    ConfirmIncidentRequest,
    FileIncidentRequest,
    GetIncidentRequest,
    IncidentRecord,
    IncidentState,
    ReleaseIncidentRequest,
    ReportIncidentRequest,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Known-content matches: what became of them, and what a person says. docs/cybertipline.md has more.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `list` tells it.")]
Who = Annotated[str, typer.Option("--who", metavar="NAME", help="You: your id among those who review.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="One line; it stays with the incident.")]


@app.command("list")
def list_incidents(
    state: Annotated[list[str] | None, typer.Option(metavar="STATE", help="Only these. Repeatable.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Whatever their state is.")] = False,
    appeal: Annotated[str, typer.Option(metavar="REFERENCE", help="That which an appeal is about.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 50,
    after: Annotated[str, typer.Option(metavar="ID", help="Those behind this one: the last listed.")] = "",
    address: Address = "",
    as_json: Json = False,
) -> None:
    """What waits for a person, the first seen first: held, failed, or part of a report that has failed. How many
    others are not over is said below.

    Exit status: 0 told, 1 no answer, 2 wrong usage, 78 wrong configuration.
    """
    states = [_state(word) for word in state or ()]
    if bool(states) + everything + bool(appeal) > 1:
        refuse("--state, --all and --appeal exclude each other")
    beside = ""
    with asking(address) as reporter:
        if appeal:
            found, more = appealed(reporter, appeal), False
        elif states or everything:
            found, more = of_states(reporter, states, limit, after)
        else:
            found, more, beside = waiting(reporter, limit, after)
    if wants_json(as_json):
        for one in found:
            put_json(form(one))
    elif found:
        table(found)
    if more:
        say(f"there are more: --after {found[-1].incident.id}, or a larger --limit")
    elif not found:
        chosen = "no such incidents" if states or appeal else "no incident waits for a person"
        say("no incidents" if everything else chosen)
    if beside:
        say(beside)


@app.command()
def show(incident: Id, address: Address = "", as_json: Json = False) -> None:
    """One incident: whose it is, what matched, its evidence and report. It tells the account's id.

    Exit status: 0 told, 1 not there or no answer, 2 wrong usage, 78 wrong configuration.
    """
    with asking(address) as reporter:
        found = answer(lambda: reporter.GetIncident(GetIncidentRequest(incident_id=incident))).incident
    if wants_json(as_json):
        put_json(form(found))
    else:
        for line in lines(found):
            typer.echo(line)


@app.command()
def confirm(
    incident: Id,
    who: Who,
    why: Why,
    viewed: Annotated[bool, typer.Option("--viewed", help="You looked at the whole of each original.")] = False,
    address: Address = "",
    as_json: Json = False,
) -> None:
    """It is a match: it will be reported, and the account is to be banned. Until it is part of a report, `release`
    takes both back.

    Without --viewed the report says that nobody has looked at the files.

    Exit status: 0 confirmed, now or before; 1 not possible, or no answer; 2 wrong usage; 78 wrong configuration.
    """
    wanted = ConfirmIncidentRequest(incident_id=incident, who=_who(who), why=_why(why), viewed=viewed)
    with asking(address) as reporter:
        _done(answer(lambda: reporter.ConfirmIncident(wanted)).incident, as_json)


@app.command()
def release(incident: Id, who: Who, why: Why, address: Address = "", as_json: Json = False) -> None:
    """It is no match: it is not reported. Its evidence stays in the vault (`sluice vault release`), and the decision
    about the request as it was. Where it was confirmed before, `accounts.actions` says that its ban is lifted.

    Exit status: 0 released, now or before; 1 not possible, or no answer; 2 wrong usage; 78 wrong configuration.
    """
    wanted = ReleaseIncidentRequest(incident_id=incident, who=_who(who), why=_why(why))
    with asking(address) as reporter:
        _done(answer(lambda: reporter.ReleaseIncident(wanted)).incident, as_json)


@app.command()
def report(incident: Id, who: Who, address: Address = "", as_json: Json = False) -> None:
    """Go on with it: a confirmed one is reported now, without waiting for others of its account; what has failed is
    tried again.

    Exit status: 0 it goes on, or has been reported; 1 not possible, no tip line takes it, or no answer; 2 wrong
    usage; 78 wrong configuration.
    """
    wanted = ReportIncidentRequest(incident_id=incident, who=_who(who))
    with asking(address) as reporter:
        found = answer(lambda: reporter.ReportIncident(wanted)).incident
    _done(found, as_json)
    if found.waits_for:
        raise typer.Exit(1)


@app.command()
def filed(
    incident: Id,
    report_id: Annotated[str, typer.Option("--report-id", metavar="N", help="As the tip line gave it.")],
    who: Who,
    why: Why,
    address: Address = "",
    as_json: Json = False,
) -> None:
    """You filed a report about it yourself, on the tip line's site: it counts as reported, and is not sent. The year
    for which its evidence is kept begins.

    One that is confirmed, or failed, or part of a report that has failed.

    Exit status: 0 reported, now or before under that id, or as soon as its own report is taken back; 1 not possible,
    or no answer; 2 wrong usage; 78 wrong configuration.
    """
    wanted = FileIncidentRequest(incident_id=incident, report_id=report_id, who=_who(who), why=_why(why))
    with asking(address) as reporter:
        _done(answer(lambda: reporter.FileIncident(wanted)).incident, as_json)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def schema(context: typer.Context) -> None:
    """The tip line's own schema: `sluice incidents schema --fetch FILE`."""
    run_outside("incidents-schema", context.args, "sluice incidents schema")


def _done(found: IncidentRecord, as_json: bool) -> None:
    if wants_json(as_json):
        put_json(form(found))
    else:
        typer.echo(what_follows(found))


def _state(word: str) -> "IncidentState.ValueType":
    found = number_of(IncidentState, word)
    if found is None:
        refuse(f"--state {word!r} should be one of {', '.join(short_names(IncidentState))}")
    return found


def _who(text: str) -> str:
    return a_line("--who", text, LONGEST_WHO)


def _why(text: str) -> str:
    return a_line("--why", text, LONGEST_WHY)
