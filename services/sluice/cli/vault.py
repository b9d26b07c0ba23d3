"""`sluice vault`: evidence of known-content matches. Names and dates; bytes only into a file, for a reason."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sluice.cli import vault_upkeep
from sluice.cli.tell import put_json, refuse, say, show_table, wants_json
from sluice.cli.vault_where import Json, Who, Why, opened
from sluice.cli.vault_words import evidence_form, evidence_lines, evidence_row, until_ms
from sluice.deadline import now_ms
from sluice.errors import NotReadyError, TerminalError
from sluice.objects import ForbiddenUriError
from sluice.vault.people import written

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Evidence of known-content matches: what there is, who may end it, and whether all of it is as it was.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `sluice vault list` tells it.")]


@app.callback()
def root() -> None:
    """Where the vault is: SLUICE_VAULT, SLUICE_VAULT_KEY and SLUICE_VAULT_ANCHOR."""


@app.command(name="list")
def list_all(as_json: Json = False) -> None:
    """Everything that the vault holds: id, when it was kept, when it is due, what holds it.

    Exit status: 0 told, 1 something is damaged, 2 wrong usage.
    """
    vault = opened()
    rows = [["id", "kept", "due", "reports", "holds"]]
    broken = 0
    for one in vault.ids():
        try:
            found = vault.find(one)
        except (TerminalError, NotReadyError, ForbiddenUriError) as error:
            broken += 1
            say(f"{one}: {error}")
            continue
        if found is None:
            continue
        if wants_json(as_json):
            put_json(evidence_form(found, now_ms()))
        else:
            rows.append(evidence_row(found, now_ms()))
    if not wants_json(as_json):
        show_table(rows)
    if broken:
        raise typer.Exit(1)


@app.command()
def show(evidence: Id, who: Who, why: Why, as_json: Json = False) -> None:
    """What is known of one piece of evidence: incidents, accounts, reports, holds, requests to release it. Logged.

    Exit status: 0 told, 1 not there or damaged, 2 wrong usage.
    """
    found = opened().show(evidence, who, why)
    if wants_json(as_json):
        put_json({**evidence_form(found, now_ms()), "incidents": [one.facts.form() for one in found.standing.kept]})
    else:
        for line in evidence_lines(found, now_ms()):
            typer.echo(line)


@app.command()
def read(
    evidence: Id,
    out: Annotated[Path, typer.Option(metavar="FILE", help="A new file, readable by you alone.")],
    who: Who,
    why: Why,
) -> None:
    """Write the original into a file. Logged before it is opened. Nothing of it is ever shown.

    Exit status: 0 written, 1 not there or damaged, 2 wrong usage.
    """
    if out.exists() or not out.parent.is_dir():
        refuse(f"--out {out} should be a new file in a folder that there is")
    data = opened().read(evidence, who, why)
    try:
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(file, "wb") as handle:
                handle.write(data)
        except BaseException:
            # Half an original helps nobody, lies there in the clear, and would be in the way of the next try.
            out.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise TerminalError(f"{out} cannot be written: {error.strerror}") from error
    say(f"{len(data)} bytes are in {out}; the audit log says that {written(who)} has them")


@app.command()
def hold(
    evidence: Id,
    name: Annotated[str, typer.Option(metavar="NAME", help="Of the hold: the case, the order.")],
    who: Who,
    why: Why,
    until: Annotated[str, typer.Option(metavar="DATE", help="2027-11-30, UTC. Default: without an end.")] = "",
) -> None:
    """Keep it beyond its year. A hold can be made longer; it takes two people to lift it.

    Exit status: 0 held, 1 not held, 2 wrong usage.
    """
    found = opened().hold(evidence, name, until_ms(until) if until else 0, who, why)
    say(f"{evidence} is held: {', '.join(sorted(found.standing.holds))}")


@app.command()
def release(
    evidence: Id,
    who: Who,
    why: Why,
    name: Annotated[str, typer.Option("--hold", metavar="NAME", help="Lift this hold; the evidence stays.")] = "",
) -> None:
    """Destroy it, or lift a hold: one of two people asks, another one does the same within 24 hours.

    While a legal hold stands, evidence is not destroyed by anybody. The same person under another spelling is one.

    Exit status: 0 asked, or done; 1 refused; 2 wrong usage.
    """
    found = opened().release(evidence, who, why, name)
    if found is None:
        say(f"{evidence} is destroyed, and the audit log says by whom")
    elif name and name not in found.standing.holds:
        say(f"hold {name} is lifted")
    else:
        ask = found.standing.asked[name]
        say(f"{ask.who} asks for it, and nothing has changed: it takes another person, within 24 hours")


vault_upkeep.add_to(app)

if __name__ == "__main__":
    app()
